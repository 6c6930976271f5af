// Talks with the server's own interface. The session is a cookie that scripts cannot read; the header shows that it is
// the console that asks (see CheckCookieRequest in the server's guard).
import { Signal } from "../lib/signal";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

// Whether the server answered the last time it was asked. A page in the browser outlives restarts of the server.
export const serverAway = new Signal(false);
// Counts up when an answer said that nobody is signed in (any more).
export const signedOut = new Signal(0);

async function errorOf(response: Response): Promise<ApiError> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // An answer without JSON still has its status.
  }
  const error = (body as { error?: unknown } | null)?.error;
  if (typeof error === "string") return new ApiError(response.status, "", error, "");
  const told = (error ?? {}) as { code?: string; message?: string; hint?: string };
  return new ApiError(response.status, told.code ?? "", told.message ?? response.statusText, told.hint ?? "");
}

export async function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = {};
  if (method !== "GET") headers["X-Sinter-Console"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) serverAway.set(true);
    throw error;
  }
  serverAway.set(false);
  if (!response.ok) {
    const error = await errorOf(response);
    if (error.status === 401 && path !== "/sinter/v1/console/session") signedOut.set(signedOut.get() + 1);
    throw error;
  }
  return response;
}

export const api = (path: string) => `/sinter/v1${path}`;
export const segment = encodeURIComponent;

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await send("GET", api(path), undefined, signal)).json() as Promise<T>;
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  return (await send("POST", api(path), body)).json() as Promise<T>;
}

export async function put<T>(path: string, body: unknown): Promise<T> {
  return (await send("PUT", api(path), body)).json() as Promise<T>;
}

export async function remove(path: string): Promise<void> {
  await send("DELETE", api(path));
}
