// Who is logged in here, and what they may do.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";

import { answer, api, setCsrfToken, type Schemas } from "./client";
import { ProblemError } from "./problem";

export type Session = Schemas["CurrentSession"];
export type Permission = Session["permissions"][number];

export const SESSION_KEY = ["session"] as const;

async function readSession(): Promise<Session | null> {
  try {
    return remembered(await answer(api.GET("/api/v1/session")));
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401) return null;
    throw error;
  }
}

function remembered(session: Session): Session {
  setCsrfToken(session.csrf_token);
  return session;
}

/** The session as a query: null when nobody is logged in. */
export function useSessionQuery() {
  return useQuery({ queryKey: SESSION_KEY, queryFn: readSession, staleTime: 60_000, retry: 2 });
}

/** The session below the shell, which lets nobody else in. */
export const SessionContext = createContext<Session | null>(null);

/** The session of whoever looks at this page. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("this page is only for people who are logged in");
  return session;
}

/** Whether the person may do this. */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useSession();
  return (permission) => permissions.includes(permission);
}

/** Put a session that has just begun (or ended: null) in force. */
export function useSessionChange(): (session: Session | null) => void {
  const queries = useQueryClient();
  return (session) => {
    queries.clear();
    if (session) remembered(session);
    queries.setQueryData(SESSION_KEY, session);
  };
}
