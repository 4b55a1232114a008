// One reply rule: which answers, how many of them, and what follows; said in a sentence while it is written.
import { Button, Fieldset, Group, NumberInput, Select, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../../api/client";
import { DurationField } from "../../shared/duration-field";
import { showInForm } from "../../shared/form-problems";
import { ProblemNotice } from "../../shared/problem-notice";
import { ACTIONS, COUNTED, EXAMPLES, hasPattern, RULES_KEY, ruleOf, sentenceOf, valuesOf, type Rule, type RuleValues } from "./rules";
import { TryOut } from "./try-out";

/** `rule` null: a new one. A rule is known by its name, which stays. */
export function RuleForm({ rule, onSaved }: { rule: Rule | null; onSaved: () => void }) {
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const [example, setExample] = useState<string | null>(null);
  const form = useForm<RuleValues>({ initialValues: valuesOf(rule) });
  const save = useMutation({
    mutationFn: (values: RuleValues) => answer(api.PUT("/api/v1/reply-rules", { body: ruleOf(values) })),
    onMutate: () => setError(null),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: RULES_KEY });
      onSaved();
    },
    onError: (failure) => setError(showInForm({ setErrors: form.setErrors, values: { ...form.values } }, failure)),
  });
  const begin = (chosen: string | null) => {
    setExample(chosen);
    form.clearErrors();
    form.setValues(EXAMPLES.find((one) => one.value === chosen)?.rule ?? valuesOf(null));
  };
  const { action, after } = form.values;
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack>
        {!rule && <Select label="Begin with" placeholder="An example, to be changed" clearable data={EXAMPLES.map(({ value, label }) => ({ value, label }))}
          value={example} onChange={begin} />}
        {!rule && <TextInput label="Name" required placeholder="too-fast" description="Letters, digits and hyphens. Reasons name it wherever the rule acts." {...form.getInputProps("name")} data-autofocus />}
        <Fieldset legend="Which answers">
          <Stack gap="sm">
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              <TextInput label="Code" placeholder="421" description="* stands for anything: 4*" {...form.getInputProps("code")} />
              <TextInput label="Enhanced code" placeholder="4.7.*" description="As in 421 4.7.28 Too fast" {...form.getInputProps("enhanced")} />
            </SimpleGrid>
            <TextInput label="Words" placeholder="too many*connections" description="Anywhere in the answer. What you give of the three must all match." {...form.getInputProps("text")} />
            <TryOut pattern={form.values} />
          </Stack>
        </Fieldset>
        <Fieldset legend="How many">
          <SimpleGrid cols={{ base: 1, xs: after > 1 ? 3 : 2 }}>
            <Select label="Counted for" allowDeselect={false} data={COUNTED.map(({ value, label }) => ({ value, label }))} {...form.getInputProps("count_by")} />
            <NumberInput label="Acts after so many" min={1} max={1_000_000} allowDecimal={false} {...form.getInputProps("after")} />
            {after > 1 && <DurationField key={example} label="Within" {...form.getInputProps("within_seconds")} />}
          </SimpleGrid>
        </Fieldset>
        <Fieldset legend="What follows">
          <SimpleGrid cols={{ base: 1, xs: action === "pause" ? 1 : action === "lower" ? 3 : 2 }}>
            <Select label="Then" allowDeselect={false} data={[...ACTIONS]} {...form.getInputProps("action")} />
            {action === "lower" && <NumberInput label="Per cent of its pace" min={1} max={99} suffix=" %" {...form.getInputProps("share")} />}
            {action !== "pause" && <DurationField key={example} label="For" {...form.getInputProps("for_seconds")} />}
          </SimpleGrid>
        </Fieldset>
        {hasPattern(form.values) && <Text size="sm" role="status">{sentenceOf(form.values)}</Text>}
        <ProblemNotice error={error} title="Nothing was changed" />
        <Group justify="flex-end"><Button type="submit" loading={save.isPending}>Save the rule</Button></Group>
      </Stack>
    </form>
  );
}
