// A list to be written down: its name, and the consent it rests on.
import { Button, Group, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import type { Schemas } from "../../api/client";
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
    initialValues: { name: list?.name ?? "", description: list?.description ?? "", consent: list?.consent ?? "", double_opt_in: list?.double_opt_in ?? false },
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
        <ProblemNotice error={error} title="Nothing was changed" />
        <Group justify="flex-end"><Button type="submit" loading={busy}>{verb}</Button></Group>
      </Stack>
    </form>
  );
}
