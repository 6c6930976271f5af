// What data sets and models share: a list of them, the versions of one, the files of a version.
import { api } from "../api/client";
import type { ManifestFile, Repository, Version } from "../api/types";
import { link } from "../app/router";
import { ago, bytes, moment, shortId } from "../lib/format";
import { say } from "../words/words";
import { Ledger } from "./layout";

type RepositorySection = "data" | "models";

export function RepositoryTable({ items, section }: { items: Repository[]; section: RepositorySection }) {
  return (
    <Ledger label={say(section)}>
      <thead>
        <tr>
          <th scope="col">{say("name")}</th>
          <th scope="col" class="n">
            {say("versions")}
          </th>
          <th scope="col">{say("changed")}</th>
          <th scope="col">{say("by")}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.name}>
            <th scope="row">
              <a href={link(section, item.name)}>{item.name}</a>
            </th>
            <td class="n">{item.latest}</td>
            <td>
              <time title={moment(item.updated_ms)}>{ago(item.updated_ms)}</time>
            </td>
            <td>{item.created_by}</td>
          </tr>
        ))}
      </tbody>
    </Ledger>
  );
}

interface VersionTableProps {
  items: Version[];
  shown: string; // ref of the one that the page shows
  section: RepositorySection;
}

export function VersionTable({ items, shown, section }: VersionTableProps) {
  const accuracy = items.some((v) => v.details?.figures?.accuracy !== undefined);
  return (
    <Ledger label={say("versions")}>
      <thead>
        <tr>
          <th scope="col">{say("version")}</th>
          {accuracy && (
            <th scope="col" class="n">
              {say("accuracy")}
            </th>
          )}
          <th scope="col" class="n">
            {say("size")}
          </th>
          <th scope="col">{say("made")}</th>
          <th scope="col">{say("by")}</th>
        </tr>
      </thead>
      <tbody>
        {items.map((version) => (
          <tr key={version.ref} {...(version.ref === shown ? { "aria-current": "true" as const } : {})}>
            <th scope="row">
              <a href={link(section, version.ref)}>{version.ref}</a>
              <code class="quiet">{shortId(version.id)}</code>
            </th>
            {accuracy && <td class="n">{version.details?.figures?.accuracy?.toFixed(4) ?? ""}</td>}
            <td class="n">{bytes(version.bytes)}</td>
            <td>
              <time title={moment(version.created_ms)}>{ago(version.created_ms)}</time>
            </td>
            <td>
              {version.details?.run ? (
                <a href={link("runs", version.details.run)}>{version.details.run}</a>
              ) : (
                version.created_by
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </Ledger>
  );
}

export function FileTable({ files }: { files: ManifestFile[] }) {
  return (
    <Ledger label={say("files")}>
      <thead>
        <tr>
          <th scope="col">{say("file")}</th>
          <th scope="col" class="n">
            {say("size")}
          </th>
          <th scope="col">{say("sha256")}</th>
        </tr>
      </thead>
      <tbody>
        {files.map((file) => (
          <tr key={file.path}>
            <th scope="row">
              <a href={api(`/blobs/${file.sha256}`)} download={file.path.split("/").at(-1) ?? file.path}>
                {file.path}
              </a>
            </th>
            <td class="n">{bytes(file.size)}</td>
            <td>
              <code title={file.sha256}>{shortId(file.sha256)}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </Ledger>
  );
}

// "owner/name@3" without what stands after the '@'.
export const nameOf = (reference: string) => reference.split("@")[0] ?? reference;
