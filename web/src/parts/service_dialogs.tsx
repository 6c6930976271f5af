// What changes a service, each asked about once more before it happens.
import { useState } from "preact/hooks";
import { post, remove, segment } from "../api/client";
import { useResource } from "../api/resource";
import type { Items, Repository, Service, Version } from "../api/types";
import { go, link } from "../app/router";
import { say } from "../words/words";
import { Dialog } from "./dialog";
import { nameOf } from "./repositories";

interface PickProps {
  value: string;
  change: (reference: string) => void;
}

// A model, then one of its versions.
function ModelPick({ value, change }: PickProps) {
  const models = useResource<Items<Repository>>("/models?limit=1000");
  const name = nameOf(value) || (models.data?.items[0]?.name ?? "");
  const versions = useResource<Items<Version>>(name === "" ? null : `/models/${segment(name)}/versions`);
  return (
    <div class="field-row">
      <label>
        <span>{say("modelTitle")}</span>
        <select value={name} onChange={(e) => change(e.currentTarget.value)}>
          {models.data?.items.map((m) => (
            <option key={m.name}>{m.name}</option>
          ))}
        </select>
      </label>
      <label>
        <span>{say("version")}</span>
        <select value={value} onChange={(e) => change(e.currentTarget.value)}>
          <option value={name}>{say("newest")}</option>
          {versions.data?.items.map((v) => (
            <option key={v.ref} value={v.ref}>
              {v.ref}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

export function DeployDialog({ model = "", close }: { model?: string; close: () => void }) {
  const [name, setName] = useState(nameOf(model).split("/").at(-1) ?? "");
  const [chosen, setChosen] = useState(model);
  const models = useResource<Items<Repository>>("/models?limit=1");
  const reference = chosen || (models.data?.items[0]?.name ?? "");
  return (
    <Dialog
      title={say("deployAsk")}
      confirm={say("deploy")}
      ready={name !== "" && reference !== ""}
      act={async () => {
        await post("/services", { name, model: reference });
        go(link("services", name));
      }}
      close={close}
    >
      <label>
        <span>{say("serviceName")}</span>
        <input type="text" value={name} autocomplete="off" onInput={(e) => setName(e.currentTarget.value)} />
      </label>
      <ModelPick value={reference} change={setChosen} />
      <p class="quiet">{say("deployWhat")}</p>
    </Dialog>
  );
}

interface ServiceDialogProps {
  service: Service;
  done: () => void;
  close: () => void;
}

export function RolloutDialog({ service, done, close }: ServiceDialogProps) {
  const [chosen, setChosen] = useState(nameOf(service.current?.model ?? service.model));
  return (
    <Dialog
      title={say("rolloutAsk", { name: service.name })}
      confirm={say("rollout")}
      ready={chosen !== ""}
      act={async () => {
        await post(`/services/${segment(service.name)}/rollout`, { model: chosen });
        done();
      }}
      close={close}
    >
      <p>{say("nowAnswers", { model: service.current?.model ?? service.model })}</p>
      <ModelPick value={chosen} change={setChosen} />
      <p class="quiet">{say("rolloutWhat")}</p>
    </Dialog>
  );
}

export function RollbackDialog({ service, done, close }: ServiceDialogProps) {
  return (
    <Dialog
      title={say("rollbackAsk", { name: service.name })}
      confirm={say("rollback")}
      act={async () => {
        await post(`/services/${segment(service.name)}/rollback`, {});
        done();
      }}
      close={close}
    >
      <p>
        {say("rollbackWhat", {
          model: service.previous?.model ?? "",
          revision: service.previous?.revision ?? "",
          now: service.current?.model ?? "",
        })}
      </p>
    </Dialog>
  );
}

export function EndDialog({ service, close }: { service: Service; close: () => void }) {
  const [typed, setTyped] = useState("");
  return (
    <Dialog
      title={say("endAsk", { name: service.name })}
      confirm={say("end")}
      danger
      ready={typed === service.name}
      act={async () => {
        await remove(`/services/${segment(service.name)}`);
        go("#/services");
      }}
      close={close}
    >
      <p>{say("endWhat")}</p>
      <label>
        <span>{say("typeName", { name: service.name })}</span>
        <input type="text" value={typed} autocomplete="off" onInput={(e) => setTyped(e.currentTarget.value)} />
      </label>
    </Dialog>
  );
}
