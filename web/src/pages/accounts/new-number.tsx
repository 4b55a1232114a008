// A new WhatsApp number: its id, a token, what it may send, and how it stands with the provider.
import { Alert, Button, Group, NumberInput, PasswordInput, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { showInForm } from "../../shared/form-problems";
import { Icon } from "../../shared/icons";
import { ProblemNotice, upperFirst } from "../../shared/problem-notice";

type Tested = Schemas["AccountTested"];

const RATES = [
  { value: "20", label: "20, at the beginning" },
  { value: "80", label: "80, as usual" },
  { value: "1000", label: "1,000, upgraded" },
];
const HINTS = {
  cloud: "The id and the business account stand in WhatsApp Manager. The token is that of a system user, with whatsapp_business_messaging and whatsapp_business_management.",
  sandbox: "Start it with “paceline sandbox --whatsapp-port 2580”, and the server with PACELINE_PRIVATE_HOSTS=127.0.0.1. It takes any id and token, and nobody gets anything.",
};

export function NewNumber() {
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const [made, setMade] = useState<string | null>(null);
  const [provider, setProvider] = useState<keyof typeof HINTS>("cloud");
  const form = useForm({ initialValues: { name: "", phone_number_id: "", business_account_id: "", token: "", api_url: "", messages_per_second: "80", daily_limit: 0 } });
  const choose = (value: string | null) => {
    setProvider(value as keyof typeof HINTS);
    form.setValues(value === "sandbox"
      ? { name: form.values.name || "simulator", phone_number_id: "100000000000001", business_account_id: "102290129340398", token: "any", api_url: "http://127.0.0.1:2580" }
      : { phone_number_id: "", business_account_id: "", token: "", api_url: "" });
  };
  const save = useMutation({
    mutationFn: async (values: typeof form.values): Promise<Tested> => {
      const id = made ?? (await answer(api.POST("/api/v1/accounts", { body: { ...bodyOf(values), channel: "whatsapp" } }))).id;
      if (made) await answer(api.PATCH("/api/v1/accounts/{account_id}", { params: { path: { account_id: id } }, body: bodyOf(values) }));
      setMade(id);
      return answer(api.POST("/api/v1/accounts/{account_id}/test", { params: { path: { account_id: id } } }));
    },
    onMutate: () => setError(null),
    onError: (failure) => setError(showInForm(form, failure)),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ["accounts"] }), queries.invalidateQueries({ queryKey: ["whatsapp"] })]),
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} className="surface form-card">
      <Stack>
        <Select label="Provider" allowDeselect={false} value={provider} onChange={choose} data={[{ value: "cloud", label: "WhatsApp Cloud API" }, { value: "sandbox", label: "The simulator: try it without sending" }]} />
        <Alert color="gray" variant="light">{HINTS[provider]}</Alert>
        <TextInput label="Name" description="How it is called here." required {...form.getInputProps("name")} />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput label="Phone number id" placeholder="106540352242922" inputMode="numeric" required {...form.getInputProps("phone_number_id")} />
          <TextInput label="Business account id" placeholder="102290129340398" inputMode="numeric" description="For its list of templates." {...form.getInputProps("business_account_id")} />
        </SimpleGrid>
        <PasswordInput label="Token" autoComplete="off" required={!made} {...form.getInputProps("token")} />
        {provider === "sandbox" && <TextInput label="Address of the simulator" required {...form.getInputProps("api_url")} />}
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <Select label="Messages a second" allowDeselect={false} data={RATES} {...form.getInputProps("messages_per_second")} />
          <NumberInput label="A day at most" min={0} {...form.getInputProps("daily_limit")} />
        </SimpleGrid>
        <Text size="xs" c="dimmed">0 is no limit of your own; the provider's limits are kept in any case. Nobody sees the token again; it is sealed before it is stored.</Text>
        <ProblemNotice error={error} title={made ? "The number was not tested" : "The number was not added"} />
        <TestResult tested={save.data} />
        <Group justify="flex-end"><Button type="submit" loading={save.isPending} variant={save.data?.ok ? "default" : "filled"}>{made ? "Save and test again" : "Add and test it"}</Button></Group>
      </Stack>
    </form>
  );
}

interface Values {
  name: string;
  phone_number_id: string;
  business_account_id: string;
  token: string;
  api_url: string;
  messages_per_second: string;
  daily_limit: number;
}

function bodyOf({ token, api_url, business_account_id, messages_per_second, ...rest }: Values) {
  return { ...rest, messages_per_second: Number(messages_per_second), ...(token && { token }), ...(api_url && { api_url }), ...(business_account_id && { business_account_id }) };
}

function TestResult({ tested }: { tested: Tested | undefined }) {
  if (!tested) return null;
  if (!tested.ok) {
    return <Alert color="red" variant="light" role="alert" icon={<Icon name="alert" />} title="It is stored, but it cannot send">{upperFirst(tested.message)}. Change what is wrong and test it again.</Alert>;
  }
  return (
    <Alert color="teal" variant="light" role="status" icon={<Icon name="check" />} title="It works">
      <Text size="sm" inherit>{upperFirst(tested.message)}. Nothing was sent.</Text>
      <Button component={Link} to="/whatsapp" size="xs" mt="xs">See its templates</Button>
    </Alert>
  );
}
