// The sections of the console and its few settings: at the left on wide screens, above and below on narrow ones.
import { useSignal } from "../lib/signal";
import { language, languageName, say, switchLanguage } from "../words/words";
import { keysShown, SECTIONS, searchShown } from "./sections";
import { session, signOut } from "./session";
import { nextTheme, theme } from "./theme";

function Brand() {
  return (
    <a class="brand" href="#/" aria-label={say("home")}>
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <circle cx="4" cy="7" r="2.6" />
        <circle cx="5" cy="17" r="2.2" />
        <circle cx="3.6" cy="26" r="2.8" />
        <path d="M13 4.5h13.5a4 4 0 0 1 4 4v15a4 4 0 0 1-4 4H13.2c-4.6 0-4.6-4.6-1.7-6.7 2.3-1.7 2.3-4.1 0-5.6-3.1-2-3.5-10.7 1.5-10.7z" />
      </svg>
      <span translate={false}>Sinter</span>
    </a>
  );
}

export function Who({ where }: { where: string }) {
  const who = useSignal(session);
  if (!who?.signed_in) return null;
  return (
    <div class={`who ${where}`}>
      <span>
        {who.name}
        <small>{say(`scope_${who.scope ?? "read"}`)}</small>
      </span>
      <button type="button" class="plain" onClick={signOut}>
        {say("signOut")}
      </button>
    </div>
  );
}

export function Rail({ section }: { section: string }) {
  const shown = useSignal(theme);
  useSignal(language);
  return (
    <div class="rail">
      <Brand />
      <button type="button" class="search-button" onClick={() => searchShown.set(true)} aria-label={say("search")}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="7" cy="7" r="4.5" />
          <path d="m10.5 10.5 4 4" />
        </svg>
        <span>{say("search")}</span>
        <kbd>/</kbd>
      </button>
      <nav class="sections" aria-label={say("sections")}>
        {SECTIONS.map(([path, word]) => (
          <a key={path} href={`#/${path}`} {...(path === section ? { "aria-current": "page" as const } : {})}>
            {say(word)}
          </a>
        ))}
      </nav>
      <div class="settings">
        <Who where="in-rail" />
        <div class="switches">
          <button type="button" class="plain" id="language" onClick={switchLanguage} lang={say("otherLanguageCode")}>
            {languageName()}
          </button>
          <button type="button" class="plain" id="theme" onClick={nextTheme} aria-label={say(`theme_${shown}`)}>
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <circle cx="8" cy="8" r="6" />
              <path
                d={{ system: "M8 2a6 6 0 0 1 0 12z", light: "", dark: "M8 2a6 6 0 0 1 0 12A6 6 0 0 1 8 2z" }[shown]}
              />
            </svg>
            <span>{say(`theme_${shown}`)}</span>
          </button>
          <button type="button" class="plain keys-button" onClick={() => keysShown.set(true)} aria-label={say("keys")}>
            <kbd>?</kbd>
          </button>
        </div>
      </div>
    </div>
  );
}
