// Who is signed in, and what they may do.
import { ApiError, get, post, remove, signedOut } from "../api/client";
import type { Session } from "../api/types";
import { Signal } from "../lib/signal";

export const session = new Signal<Session | null>(null); // null: not known yet
export const signInProblem = new Signal("");

const RETRY_MS = 2000;

export async function readSession(): Promise<void> {
  try {
    session.set(await get<Session>("/console/session"));
  } catch {
    setTimeout(readSession, RETRY_MS);
  }
}

export async function signIn(code: string): Promise<void> {
  try {
    await post("/console/session", { code });
    signInProblem.set("");
  } catch (error) {
    if (error instanceof ApiError) signInProblem.set(error.message);
  }
  await readSession();
}

export async function signOut(): Promise<void> {
  await remove("/console/session");
  await readSession();
}

const SCOPES = ["read", "write", "admin"];

export function may(needed: "read" | "write" | "admin"): boolean {
  const now = session.get();
  return now?.signed_in === true && SCOPES.indexOf(now.scope ?? "") >= SCOPES.indexOf(needed);
}

signedOut.listen(readSession);
