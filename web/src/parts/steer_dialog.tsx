// A person decides about a rollout, and says why.
import { useState } from "preact/hooks";
import { post, segment } from "../api/client";
import { say } from "../words/words";
import { Dialog } from "./dialog";

export type Wish = "promote" | "abort" | "pause" | "resume";

interface SteerProps {
  service: string;
  wish: Wish;
  done: () => void;
  close: () => void;
}

export function SteerDialog({ service, wish, done, close }: SteerProps) {
  const [reason, setReason] = useState("");
  return (
    <Dialog
      title={say(`wishAsk_${wish}`)}
      confirm={say(`wish_${wish}`)}
      danger={wish === "abort"}
      act={async () => {
        await post(`/services/${segment(service)}/${wish}`, { reason });
        done();
      }}
      close={close}
    >
      <p>{say(`wishWhat_${wish}`)}</p>
      <label>
        <span>{say("why")}</span>
        <input
          type="text"
          value={reason}
          maxLength={300}
          autocomplete="off"
          onInput={(e) => setReason(e.currentTarget.value)}
        />
      </label>
    </Dialog>
  );
}
