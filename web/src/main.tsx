import "@fontsource-variable/atkinson-hyperlegible-mono/wght.css";
import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/pages.css";
import "./styles/labels.css";
import "./styles/player.css";
import "./styles/data.css";
import "./styles/runs.css";
import { render } from "preact";
import { App } from "./app/app";
import { takeSignInCode } from "./app/router";
import { readSession, signIn } from "./app/session";

const code = takeSignInCode();
if (code === null) readSession();
else signIn(code);
// A link that is opened in a tab where the console stands already.
addEventListener("hashchange", () => {
  const again = takeSignInCode();
  if (again !== null) signIn(again);
});
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
