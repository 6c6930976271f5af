import { useState } from "preact/hooks";
import { session, signIn, signInProblem } from "../app/session";
import { useSignal } from "../lib/signal";
import { Head } from "../parts/layout";
import { Command } from "../parts/states";
import { say } from "../words/words";

// A whole link or its code alone.
function codeIn(text: string): string {
  return /([0-9a-f]{32})\s*$/.exec(text)?.[1] ?? "";
}

export function SignInPage() {
  const [text, setText] = useState("");
  const problem = useSignal(signInProblem);
  const who = useSignal(session);
  const code = codeIn(text);
  const submit = (event: Event) => {
    event.preventDefault();
    if (code !== "") signIn(code);
    else signInProblem.set(say("noCode"));
  };
  return (
    <div class="sign-in">
      <Head title={say("signIn")} under={say("signInWhy")} />
      {problem !== "" && (
        <p class="problem" role="alert">
          {say("signInFailed", { message: problem })}
        </p>
      )}
      <p>{say("signInHow")}</p>
      <Command text="sinter console link" />
      <form onSubmit={submit}>
        <label for="code">{say("signInCode")}</label>
        <div class="field-row">
          <input
            id="code"
            type="text"
            value={text}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button type="submit" class="primary">
            {say("signIn")}
          </button>
        </div>
      </form>
      {who?.services_are_open && (
        <p>
          <a href="#/services">{say("servicesWithout")}</a>
        </p>
      )}
    </div>
  );
}
