// The page at /: services and their traffic every second, and a box to try one.
import { apply, onLanguage, say, switchLanguage } from "/page/words.js";
import { ServiceList } from "/page/services.js";
import { TryBox } from "/page/try.js";

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${response.status} ${path}`);
  return response.json();
}

const box = new TryBox();
const list = new ServiceList(document.getElementById("services"), (service) => box.show(service));
const problem = document.getElementById("problem");

async function refresh() {
  try {
    await list.refresh(get);
    problem.hidden = true;
  } catch {
    problem.textContent = say("lost");
    problem.hidden = false;
  }
  setTimeout(refresh, document.hidden ? 5000 : 1000);
}

document.getElementById("language").addEventListener("click", switchLanguage);
apply();
onLanguage(() => { list.draw(); box.translate(); });
refresh();
