// The workspace: its name, and what holds in it.
import { Button, Group, NumberInput, Select, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { SESSION_KEY, useMay } from "../../api/session";
import { LoadingRows } from "../../shared/data-table";
import { ProblemNotice } from "../../shared/problem-notice";
import { Card } from "./card";

type Known = Schemas["KnownSetting"];
type Value = string | number | boolean;

export function Workspace() {
  const workspace = useQuery({ queryKey: ["workspace"], queryFn: () => answer(api.GET("/api/v1/workspace")) });
  const known = useQuery({ queryKey: ["workspace", "settings"], queryFn: () => answer(api.GET("/api/v1/workspace/settings")) });
  const error = workspace.error ?? known.error;
  if (error) return <ProblemNotice error={error} title="The settings could not be read" />;
  if (!workspace.data || !known.data) return <LoadingRows />;
  return <Form workspace={workspace.data} known={known.data.items} />;
}

function Form({ workspace, known }: { workspace: Schemas["WorkspaceAnswer"]; known: Known[] }) {
  const may = useMay();
  const queries = useQueryClient();
  const [name, setName] = useState(workspace.name);
  const [settings, setSettings] = useState(workspace.settings as Record<string, Value>);
  const save = useMutation({
    mutationFn: () => answer(api.PATCH("/api/v1/workspace", { body: { name, settings } })),
    onSuccess: async (changed) => {
      queries.setQueryData(["workspace"], changed);
      await queries.invalidateQueries({ queryKey: SESSION_KEY });
      notifications.show({ message: "Saved", color: "teal" });
    },
  });
  return (
    <Card title="Workspace" about="Accounts, contacts and campaigns belong to a workspace; nothing is seen from another one.">
      <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
        <Stack maw="36rem">
          <TextInput label="Name" required value={name} onChange={(event) => setName(event.currentTarget.value)} disabled={!may("workspace:write")} />
          {known.map((one) => (
            <Field key={one.name} known={one} value={settings[one.name] ?? one.default as Value} disabled={!may("workspace:write")} onChange={(value) => setSettings({ ...settings, [one.name]: value })} />
          ))}
          <ProblemNotice error={save.error} title="Nothing was changed" />
          {may("workspace:write") && <Group justify="flex-end"><Button type="submit" loading={save.isPending}>Save</Button></Group>}
        </Stack>
      </form>
    </Card>
  );
}

function Field({ known, value, disabled, onChange }: { known: Known; value: Value; disabled: boolean; onChange: (value: Value) => void }) {
  const label = known.name.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
  const shared = { label, description: known.meaning, disabled };
  if (typeof known.default === "number") return <NumberInput {...shared} value={Number(value)} onChange={(next) => typeof next === "number" && onChange(next)} />;
  if (known.name.endsWith("timezone")) return <Select {...shared} searchable data={Intl.supportedValuesOf("timeZone")} value={String(value)} onChange={(next) => next && onChange(next)} />;
  return <TextInput {...shared} value={String(value)} onChange={(event) => onChange(event.currentTarget.value)} />;
}
