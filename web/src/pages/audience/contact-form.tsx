// A contact to be written down: address, phone, and any number of fields.
import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";

import type { Schemas } from "../../api/client";
import { showInForm } from "../../shared/form-problems";
import { Icon } from "../../shared/icons";
import { ProblemNotice } from "../../shared/problem-notice";

interface ContactFormProps {
  contact: Schemas["ContactAnswer"] | null;
  /** Throws the API's problem when it did not work. */
  save: (body: Schemas["ContactRequest"]) => Promise<void>;
  verb: string;
}

export function ContactForm({ contact, save, verb }: ContactFormProps) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const form = useForm({
    initialValues: {
      email: contact?.email ?? "",
      phone: contact?.phone ?? "",
      fields: Object.entries(contact?.fields ?? { first_name: "" }).map(([name, value]) => ({ name, value })),
    },
  });
  const submit = async (values: typeof form.values) => {
    setBusy(true);
    setError(null);
    const fields = Object.fromEntries(values.fields.filter(({ name }) => name.trim() !== "").map(({ name, value }) => [name.trim(), value]));
    try {
      await save({ email: values.email || null, phone: values.phone || null, fields });
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
        <TextInput label="E-mail address" type="email" {...form.getInputProps("email")} />
        <TextInput label="Phone" description="With country code, for WhatsApp: +49 170 1234567" {...form.getInputProps("phone")} />
        <div role="group" aria-label="Fields">
          <Text size="sm" fw={500}>Fields</Text>
          <Text size="xs" c="dimmed" mb={6}>Templates use them by name: {"{{ contact.first_name }}"}</Text>
          <Stack gap={6}>
            {form.values.fields.map((_, index) => (
              <Group key={index} gap={6} wrap="nowrap">
                <TextInput aria-label={`Name of field ${index + 1}`} placeholder="name" flex={1} {...form.getInputProps(`fields.${index}.name`)} />
                <TextInput aria-label={`Value of field ${index + 1}`} placeholder="value" flex={2} {...form.getInputProps(`fields.${index}.value`)} />
                <ActionIcon variant="subtle" color="gray" aria-label={`Remove field ${index + 1}`} onClick={() => form.removeListItem("fields", index)}><Icon name="close" /></ActionIcon>
              </Group>
            ))}
            <Group><Button size="xs" variant="subtle" leftSection={<Icon name="plus" size={14} />} onClick={() => form.insertListItem("fields", { name: "", value: "" })}>Add a field</Button></Group>
          </Stack>
        </div>
        <ProblemNotice error={error} title="Nothing was changed" />
        <Group justify="flex-end"><Button type="submit" loading={busy}>{verb}</Button></Group>
      </Stack>
    </form>
  );
}
