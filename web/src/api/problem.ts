// What the API says when something does not work (RFC 9457), as an error that pages can show.

export interface FieldProblem {
  field: string;
  message: string;
}

/** A problem document of the API, or the absence of any answer. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    readonly detail: string,
    readonly errors: FieldProblem[] = [],
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(detail);
  }
}

interface ProblemDocument {
  type?: string;
  detail?: string;
  errors?: FieldProblem[];
}

/** The problem that an answer holds; whatever came instead of one is put into a sentence. */
export function problemOf(response: Response, body: unknown): ProblemError {
  const wait = Number(response.headers.get("Retry-After"));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null;
  const document = (typeof body === "object" && body !== null ? body : {}) as ProblemDocument;
  const kind = (document.type ?? "").replace("urn:paceline:", "") || "unexpected";
  const detail = document.detail ?? `the server answered ${response.status}; try again, and look into its log if it stays so`;
  return new ProblemError(response.status, kind, detail, document.errors ?? [], retryAfter);
}

export const UNREACHABLE = "the server cannot be reached; it is tried again by itself";

/** Any error as a sentence for people. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ProblemError) return error.detail;
  if (error instanceof TypeError) return UNREACHABLE; // what fetch throws without an answer
  return error instanceof Error ? error.message : String(error);
}
