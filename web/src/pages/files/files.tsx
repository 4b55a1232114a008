// Files that Paceline hosts: images to show in messages, and what is attached to them.
import { ActionIcon, Alert, Button, Code, CopyButton, Group, Stack, Text, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type DragEvent } from "react";

import { answer, api, upload, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { DataTable, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { bytes, percent } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice } from "../../shared/problem-notice";

type HostedFile = Schemas["FileAnswer"];

export function Files() {
  const may = useMay();
  const queries = useQueryClient();
  const [removing, setRemoving] = useState<HostedFile | null>(null);
  const files = usePages(["files"], (cursor) => answer(api.GET("/api/v1/files", { params: { query: { cursor, limit: 50 } } })));
  const writes = may("campaigns:write");
  const again = () => queries.invalidateQueries({ queryKey: ["files"] });
  const remove = async () => {
    if (!removing) return;
    await answer(api.DELETE("/api/v1/files/{file_id}", { params: { path: { file_id: removing.id } } }));
    await again();
  };
  const columns: Column<HostedFile>[] = [
    { label: "", width: 64, render: (one) => (isImage(one) ? <img src={one.path} alt="" className="thumbnail" loading="lazy" /> : <Icon name="file" size={28} />) },
    { label: "Name", render: (one) => <>{one.name}<Text size="xs" c="dimmed">{one.media_type}, {bytes(one.size)}</Text></> },
    { label: "Address", render: (one) => <Group gap={4} wrap="nowrap"><Code className="cell-reply">{one.url}</Code><Copy value={one.url} label={`Copy the address of ${one.name}`} /></Group> },
    { label: "In a message", render: (one) => <CopyButton value={htmlOf(one)}>{({ copied, copy }) => <Button size="compact-xs" variant="subtle" onClick={copy} aria-label={`Copy HTML of ${one.name}`}>{copied ? "Copied" : "Copy HTML"}</Button>}</CopyButton> },
    { label: "Uploaded", render: (one) => <Moment at={one.created_at} /> },
    ...(writes ? [{ label: "", render: (one: HostedFile) => <ActionIcon variant="subtle" color="red" aria-label={`Delete ${one.name}`} onClick={() => setRemoving(one)}><Icon name="trash" size={16} /></ActionIcon> }] : []),
  ];
  return (
    <>
      <PageHeader title="Files" description="Images for messages, at addresses that never change, and files to attach. Whoever has the address of a file can read it." />
      <Stack>
        {writes && <Drop onUploaded={again} />}
        <DataTable caption="Files" query={files} columns={columns} keyOf={(one) => one.id}
          empty={<EmptyState icon="file" title="No file yet">Upload the picture at the top of your newsletter, then copy its HTML into the message.</EmptyState>} />
      </Stack>
      <Confirm opened={removing !== null} onClose={() => setRemoving(null)} title={`Delete ${removing?.name ?? ""}?`} confirm="Delete the file" danger onConfirm={remove}>
        Where messages show it, also those that were sent, it is missing from now on.
      </Confirm>
    </>
  );
}

const isImage = (file: HostedFile) => file.media_type.startsWith("image/");

/** What to write into a message; names may hold anything. */
function htmlOf(file: HostedFile): string {
  const words = file.name.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  return isImage(file) ? `<img src="${file.url}" alt="" style="max-width:100%">` : `<a href="${file.url}">${words}</a>`;
}

function Copy({ value, label }: { value: string; label: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => <Tooltip label={copied ? "Copied" : label}><ActionIcon variant="subtle" aria-label={label} onClick={copy}><Icon name={copied ? "check" : "copy"} size={16} /></ActionIcon></Tooltip>}
    </CopyButton>
  );
}

function Drop({ onUploaded }: { onUploaded: () => Promise<unknown> }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [done, setDone] = useState(0);
  const send = useMutation({
    mutationFn: async (chosen: readonly File[]) => {
      const kept: HostedFile[] = [];
      for (const file of chosen) {
        const form = new FormData();
        form.append("file", file);
        kept.push(await upload<HostedFile>("/api/v1/files", form, (share) => setDone((kept.length + share) / chosen.length)));
      }
      return kept;
    },
    onMutate: () => setDone(0),
    onSettled: onUploaded,
  });
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    send.mutate([...event.dataTransfer.files]);
  };
  return (
    <Stack gap="xs">
      <div className="surface drop" data-over={over} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={drop}>
        <Button leftSection={<Icon name="upload" />} loading={send.isPending} onClick={() => input.current?.click()}>Upload files</Button>
        <Text size="sm" c="dimmed">{send.isPending ? `${percent(done, 1)} are there` : "Or drop them here: pictures, PDF, office documents, text; 10 MB each."}</Text>
        <input ref={input} type="file" multiple className="visually-hidden" tabIndex={-1} aria-label="Files to upload" onChange={(event) => { send.mutate([...(event.currentTarget.files ?? [])]); event.currentTarget.value = ""; }} />
      </div>
      <ProblemNotice error={send.error} title="Not all of them were uploaded" />
      {send.data && send.data.length > 0 && <Alert color="teal" variant="light" role="status">Uploaded: {send.data.map((file) => file.name).join(", ")}</Alert>}
    </Stack>
  );
}
