// A value that tells who listens when it changes.
import { useEffect, useState } from "preact/hooks";

export class Signal<T> {
  #listeners = new Set<() => void>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export function useSignal<T>(signal: Signal<T>): T {
  const [, redraw] = useState(0);
  const drawn = signal.get();
  useEffect(() => {
    const again = () => redraw((n) => n + 1);
    // It listens from here on, some time after it was drawn: what changed between would never be shown.
    if (!Object.is(signal.get(), drawn)) again();
    return signal.listen(again);
  }, [signal]);
  return drawn;
}
