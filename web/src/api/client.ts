// The client of the API: typed by its description, with the session's token on every change.
import createClient from "openapi-fetch";

import { problemOf } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

let csrfToken = "";

/** Remember the token of the session that has just been read or begun. */
export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/** The token of the session, for what is no call of the client (the preview's frame, uploads). */
export function currentCsrfToken(): string {
  return csrfToken;
}

export const api = createClient<paths>({ baseUrl: window.location.origin });

api.use({
  onRequest({ request }) {
    if (request.method !== "GET" && csrfToken) request.headers.set("X-CSRF-Token", csrfToken);
    return request;
  },
});

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of an answer; throws a ProblemError when it is none. */
export async function answer<T>(call: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response, error);
  return data as T;
}

/** Upload a form and follow how far it is; throws a ProblemError. */
export function upload<T>(path: string, form: FormData, onProgress: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("X-CSRF-Token", csrfToken);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onerror = () => reject(new TypeError("no answer"));
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) return resolve(body as T);
      const retry = request.getResponseHeader("Retry-After");
      const headers = retry ? { "Retry-After": retry } : undefined;
      reject(problemOf(new Response(null, { status: request.status, headers }), body));
    };
    request.send(form);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
