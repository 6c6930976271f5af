// A question before something changes. The element of the browser keeps the focus inside and ends with Escape.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { say } from "../words/words";
import { Problem } from "./states";

interface DialogProps {
  title: string;
  confirm: string;
  danger?: boolean;
  wide?: boolean; // for a form of many fields
  ready?: boolean; // whether what is asked for is filled in
  act: () => Promise<void>;
  close: () => void;
  children: ComponentChildren;
}

export function Dialog({ title, confirm, danger, wide = false, ready = true, act, close, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  useLayoutEffect(() => {
    ref.current?.showModal();
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await act();
      close();
    } catch (caught) {
      setError(caught instanceof ApiError ? caught : new ApiError(0, "", say("away"), ""));
      setBusy(false);
    }
  };
  return (
    <dialog ref={ref} class={wide ? "wide" : ""} onClose={close} aria-labelledby="dialog-title">
      <form onSubmit={submit}>
        <h2 id="dialog-title">{title}</h2>
        <div class="dialog-body">{children}</div>
        {error && <Problem error={error} />}
        <div class="dialog-actions">
          <button type="button" onClick={() => ref.current?.close()}>
            {say("cancel")}
          </button>
          <button type="submit" class={danger ? "danger" : "primary"} disabled={busy || !ready}>
            {busy ? say("working") : confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}
