// An import in two steps: choose the file, then say what its columns are and why these people may be written to.
import { Alert, Button, Group, Progress, Select, Stack, Table, Text, Textarea, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState, type DragEvent } from "react";
import { useNavigate } from "react-router";

import { answer, api } from "../../api/client";
import { bytes, plural } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice } from "../../shared/problem-notice";
import { previewFile, startImport, type FilePreview, type Wanted } from "./import-calls";

export function NewImport() {
  const [file, setFile] = useState<File | null>(null);
  const [share, setShare] = useState(0);
  const look = useMutation({ mutationFn: (chosen: File) => previewFile(chosen, setShare) });
  const choose = (chosen: File) => {
    setFile(chosen);
    setShare(0);
    look.mutate(chosen);
  };
  return (
    <>
      <PageHeader title="Import contacts" back={{ to: "/contacts", label: "Contacts" }} description="A CSV or Excel file with one person a line. Every column becomes a field that messages can use." />
      <Stack>
        <FileChoice file={file} onChoose={choose} />
        {look.isPending && <Progress value={share * 100} aria-label="Upload" animated />}
        <ProblemNotice error={look.error} title="This file cannot be read as a table" />
        {file && look.data && <ColumnsAndConsent key={file.name + file.size} file={file} preview={look.data} />}
      </Stack>
    </>
  );
}

function FileChoice({ file, onChoose }: { file: File | null; onChoose: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer.files[0];
    if (dropped) onChoose(dropped);
  };
  return (
    <div className="surface drop" data-over={over} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={drop}>
      <input ref={input} type="file" accept=".csv,.tsv,.txt,.xlsx,.xlsm,.xlsb,.xls" className="visually-hidden" aria-label="File of contacts" tabIndex={-1}
        onChange={(event) => { const chosen = event.currentTarget.files?.[0]; if (chosen) onChoose(chosen); event.currentTarget.value = ""; }} />
      <Button variant={file ? "default" : "filled"} leftSection={<Icon name="upload" size={16} />} onClick={() => input.current?.click()}>{file ? "Choose another file" : "Choose a file"}</Button>
      <Text size="sm" c="dimmed">{file ? `${file.name}, ${bytes(file.size)}` : "or drop it here: .csv or .xlsx, up to 256 MB"}</Text>
    </div>
  );
}

const NEW_LIST = "new";

function ColumnsAndConsent({ file, preview }: { file: File; preview: FilePreview }) {
  const navigate = useNavigate();
  const [mapping, setMapping] = useState<Record<string, string>>(() => Object.fromEntries(preview.columns.map((column) => [column, preview.guess[column] ?? column])));
  const [listId, setListId] = useState<string>(NEW_LIST);
  const [listName, setListName] = useState(() => file.name.replace(/\.\w+$/, ""));
  const [consent, setConsent] = useState("");
  const [mode, setMode] = useState<Wanted["mode"]>("update");
  const [share, setShare] = useState(0);
  const lists = useQuery({ queryKey: ["lists", "choice"], queryFn: () => answer(api.GET("/api/v1/lists", { params: { query: { limit: 200 } } })) });
  const start = useMutation({
    mutationFn: () => startImport({ file, listId: listId === NEW_LIST ? null : listId, listName, mapping, mode, consent }, setShare),
    onSuccess: (made) => navigate(`/imports/${made.id}`),
  });
  const targets = Object.values(mapping);
  const hasAddress = targets.includes("email") || targets.includes("phone");
  return (
    <form onSubmit={(event) => { event.preventDefault(); start.mutate(); }}>
      <Stack>
        <Title order={2}>What the columns are</Title>
        <Text size="sm" c="dimmed">The first {plural(preview.rows.length, "row")}{preview.encoding ? `, read as ${preview.encoding}` : ""}. Fields with other names can be typed in.</Text>
        <MappingTable preview={preview} mapping={mapping} onChange={(column, field) => setMapping((before) => ({ ...before, [column]: field }))} />
        {!hasAddress && <Alert color="yellow" variant="light" icon={<Icon name="alert" />}>One column must be the e-mail address or the phone number.</Alert>}
        <Title order={2}>Where they go, and why</Title>
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <Select label="List" allowDeselect={false} value={listId} onChange={(value) => setListId(value ?? NEW_LIST)} data={[{ value: NEW_LIST, label: "A new list" }, ...(lists.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))]} />
          {listId === NEW_LIST && <TextInput label="Name of the list" required value={listName} onChange={(event) => setListName(event.currentTarget.value)} />}
          <Select label="People who are here already" allowDeselect={false} value={mode} onChange={(value) => setMode(value as Wanted["mode"])} data={MODES} />
        </Group>
        <Textarea label="Why may these people be written to?" description="Where and when they asked for it. It goes on the list's record; without it the list is marked as having no consent." autosize minRows={2} value={consent} onChange={(event) => setConsent(event.currentTarget.value)} placeholder="Signed up on our web site between January and March" />
        {!consent && <Alert color="yellow" variant="light">Without consent on record you cannot show later that somebody asked for your mail.</Alert>}
        {start.isPending && <Progress value={share * 100} aria-label="Upload" animated />}
        <ProblemNotice error={start.error} title="Nothing was imported" />
        <Group justify="flex-end"><Button type="submit" disabled={!hasAddress || (listId === NEW_LIST && !listName.trim())} loading={start.isPending}>Import</Button></Group>
      </Stack>
    </form>
  );
}

const MODES: { value: Wanted["mode"]; label: string }[] = [
  { value: "update", label: "Take over what the file says" },
  { value: "add", label: "Leave their fields as they are" },
  { value: "replace", label: "Give them exactly the file's fields" },
];

interface MappingTableProps {
  preview: FilePreview;
  mapping: Record<string, string>;
  onChange: (column: string, field: string) => void;
}

function MappingTable({ preview, mapping, onChange }: MappingTableProps) {
  return (
    <div className="surface table-scroll" tabIndex={0} role="region" aria-label="Columns of the file">
      <Table>
        <Table.Thead>
          <Table.Tr>
            {preview.columns.map((column) => (
              <Table.Th key={column} scope="col" className="column-choice">
                <Text size="xs" fw={600} className="truncate">{column}</Text>
                <TextInput size="xs" list="fields" aria-label={`What the column ${column} is`} value={mapping[column] ?? ""} placeholder="left out" onChange={(event) => onChange(column, event.currentTarget.value)} />
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {preview.rows.map((row, index) => (
            <Table.Tr key={index}>{row.map((cell, position) => <Table.Td key={position}><Text size="sm" className="truncate cell">{cell}</Text></Table.Td>)}</Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <datalist id="fields"><option value="email" /><option value="phone" /><option value="first_name" /><option value="last_name" /><option value="city" /></datalist>
    </div>
  );
}
