// Pages that most visits never open are a script of their own, read when one of them is first wanted.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Loading } from "../parts/states";
import { say } from "../words/words";

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>) {
  let part: ComponentType<P> | undefined;
  return function Lazy(props: P) {
    const [failed, fail] = useState(false);
    const [, redraw] = useState(0);
    useEffect(() => {
      if (part !== undefined) return;
      load().then(
        (loaded) => {
          part = loaded;
          redraw((n) => n + 1);
        },
        () => fail(true),
      );
    }, []);
    const Part = part;
    if (Part !== undefined) return <Part {...props} />;
    if (!failed) return <Loading rows={6} />;
    // The server is a newer one, which has other scripts.
    return (
      <p class="problem" role="alert">
        {say("pageOld")}{" "}
        <button type="button" class="plain" onClick={() => location.reload()}>
          {say("tryAgain")}
        </button>
      </p>
    );
  };
}
