// A list to be written down: its name, the consent it rests on, and how people confirm.
import { Anchor, Button, Group, Select, Stack, Text, Switch, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { useMay } from "../../api/session";
import { showInForm } from "../../shared/form-problems";
import { ProblemNotice } from "../../shared/problem-notice";
import type { ContactList } from "./lists-query";

interface ListFormProps {
  list: ContactList | null;
  save: (body: Schemas["ListRequest"]) => Promise<void>;
  verb: string;
}

export function ListForm({ list, save, verb }: ListFormProps) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const form = useForm({
    initialValues: { name: list?.name ?? "", description: list?.description ?? "", consent: list?.consent ?? "", double_opt_in: list?.double_opt_in ?? false, confirmation_template: list?.confirmation_template ?? null as string | null },
  });
  const submit = async (values: typeof form.values) => {
    setBusy(true);
    setError(null);
    try {
      await save({ ...values, consent: values.consent.trim() || null });
      form.resetDirty();
    } catch (failure) {
      setError(showInForm(form, failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={form.onSubmit((values) => void submit(values))}>
      <Stack>
        <TextInput label="Name" description="Recipients see it when they choose their lists." required {...form.getInputProps("name")} />
        <Textarea label="Description" autosize {...form.getInputProps("description")} />
        <Textarea label="Consent" autosize description="Where the agreement comes from: “form on the website, since March 2026”. Without one, imports and preflight warn." {...form.getInputProps("consent")} />
        <Switch label="Ask people to confirm by mail (double opt-in)" {...form.getInputProps("double_opt_in", { type: "checkbox" })} />
        <ConfirmationTemplate list={list} {...form.getInputProps("confirmation_template")} />
        <ProblemNotice error={error} title="Nothing was changed" />
        <Group justify="flex-end"><Button type="submit" loading={busy}>{verb}</Button></Group>
      </Stack>
    </form>
  );
}

interface ConfirmationTemplateProps {
  list: ContactList | null;
  value?: string | null;
  onChange?: (value: string | null) => void;
  error?: React.ReactNode;
}

/** The mail that asks people to confirm; with one, they may join by themselves. */
function ConfirmationTemplate({ list, value = null, onChange, error }: ConfirmationTemplateProps) {
  const may = useMay();
  const templates = useQuery({ queryKey: ["templates", "choice"], queryFn: () => answer(api.GET("/api/v1/templates", { params: { query: { limit: 200 } } })), enabled: may("campaigns:read") });
  const data = (templates.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }));
  if (value && !data.some((one) => one.value === value)) data.push({ value, label: "The template that it has" });
  return (
    <Stack gap={4}>
      <Select label="Mail that asks to confirm" description="A template with a link to {{ contact.confirm_url }}. With one, people may join by themselves." placeholder={data.length > 0 ? "None: nobody joins by a form" : "There is no template yet"}
        data={data} value={value} onChange={onChange} error={error} clearable searchable clearButtonProps={{ "aria-label": "No mail that asks to confirm" }} />
      {data.length === 0 && <Anchor component={Link} to="/templates/new" size="sm">Write it</Anchor>}
      {list && value && value === list.confirmation_template && <Text size="sm">People join at <Anchor href={`/subscribe/${list.id}`} target="_blank" inherit>{`${window.location.origin}/subscribe/${list.id}`}</Anchor></Text>}
    </Stack>
  );
}
