// Conditions on contacts, put together line by line; how many fit is counted while one builds.
import { ActionIcon, Alert, Button, Group, Menu, NumberInput, SegmentedControl, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";

import { answer, api } from "../../api/client";
import { count } from "../../shared/format";
import { Icon } from "../../shared/icons";
import { sentenceOf } from "../../api/problem";
import { conditionsOf, FIELD_COMPARISONS, filterOf, type Condition, type Conditions, type FieldComparison } from "./filter-tree";
import { useLists } from "./lists-query";

export type Filter = Record<string, unknown>;

const NEW: Record<string, { label: string; condition: Condition }> = {
  field: { label: "A field", condition: { kind: "field", field: "", comparison: "equals", value: "" } },
  list: { label: "A list", condition: { kind: "list", list: "", is: "subscribed" } },
  activity: { label: "Something they did or got", condition: { kind: "activity", activity: "opened", never: false, withinDays: 90, campaign: null } },
  domain: { label: "Their mail domain", condition: { kind: "domain", domains: "" } },
};

interface SegmentBuilderProps {
  filter: Filter;
  onChange: (filter: Filter) => void;
}

export function SegmentBuilder({ filter, onChange }: SegmentBuilderProps) {
  const built = conditionsOf(filter);
  if (!built) return <AsText filter={filter} onChange={onChange} />;
  const change = (next: Partial<Conditions>) => onChange(filterOf({ ...built, ...next }));
  const put = (index: number, condition: Condition) => change({ conditions: built.conditions.map((one, at) => (at === index ? condition : one)) });
  return (
    <Stack gap="sm">
      <Group gap="xs">
        <Text size="sm">Contacts of whom</Text>
        <SegmentedControl size="xs" value={built.join} data={[{ value: "all", label: "every line" }, { value: "any", label: "at least one line" }]}
          onChange={(join) => change({ join: join as "all" | "any" })} aria-label="How the lines go together" />
        <Text size="sm">holds:</Text>
      </Group>
      {built.conditions.length === 0 && <Text size="sm" c="dimmed">No line: everybody.</Text>}
      {built.conditions.map((condition, index) => (
        <Group key={index} gap="xs" wrap="nowrap" align="start" role="group" aria-label={`Line ${index + 1}`}>
          <Group gap="xs" flex={1} align="start"><Line condition={condition} onChange={(next) => put(index, next)} /></Group>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove line ${index + 1}`} onClick={() => change({ conditions: built.conditions.filter((_, at) => at !== index) })}><Icon name="close" /></ActionIcon>
        </Group>
      ))}
      <Group>
        <Menu position="bottom-start">
          <Menu.Target><Button variant="default" size="xs" leftSection={<Icon name="plus" size={14} />}>Add a line</Button></Menu.Target>
          <Menu.Dropdown>
            {Object.entries(NEW).map(([name, { label, condition }]) => (
              <Menu.Item key={name} onClick={() => change({ conditions: [...built.conditions, condition] })}>{label}</Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </Group>
    </Stack>
  );
}

function Line({ condition, onChange }: { condition: Condition; onChange: (next: Condition) => void }) {
  switch (condition.kind) {
    case "field":
      return (
        <>
          <TextInput aria-label="Field" placeholder="field, for example city" w={170} value={condition.field} onChange={(event) => onChange({ ...condition, field: event.currentTarget.value })} />
          <Select aria-label="How it compares" w={140} allowDeselect={false} value={condition.comparison} data={[...FIELD_COMPARISONS]} onChange={(value) => value && onChange({ ...condition, comparison: value as FieldComparison })} />
          {!condition.comparison.endsWith("empty") && (
            <TextInput aria-label="Value" placeholder={condition.comparison === "one_of" ? "Rome, Milan" : "value"} flex={1} miw={120} value={condition.value} onChange={(event) => onChange({ ...condition, value: event.currentTarget.value })} />
          )}
        </>
      );
    case "list":
      return <ListLine condition={condition} onChange={onChange} />;
    case "activity":
      return (
        <>
          <Select aria-label="Whether it happened" w={110} allowDeselect={false} value={condition.never ? "never" : "did"} data={[{ value: "did", label: "have" }, { value: "never", label: "have not" }]} onChange={(value) => onChange({ ...condition, never: value === "never" })} />
          <Select aria-label="What" w={170} allowDeselect={false} value={condition.activity} data={[{ value: "sent", label: "got a message" }, { value: "opened", label: "opened one" }, { value: "clicked", label: "clicked a link" }]}
            onChange={(value) => value && onChange({ ...condition, activity: value as "sent" })} />
          <NumberInput aria-label="Within so many days; empty: ever" placeholder="ever" w={170} min={1} max={36500} prefix="in the last " suffix=" days" value={condition.withinDays ?? ""}
            onChange={(value) => onChange({ ...condition, withinDays: typeof value === "number" ? value : null })} />
        </>
      );
    case "domain":
      return <TextInput aria-label="Mail domains" placeholder="example.com, example.org" flex={1} value={condition.domains} onChange={(event) => onChange({ ...condition, domains: event.currentTarget.value })} />;
  }
}

function ListLine({ condition, onChange }: { condition: Condition & { kind: "list" }; onChange: (next: Condition) => void }) {
  const lists = useLists();
  return (
    <>
      <Select aria-label="Standing" w={170} allowDeselect={false} value={condition.is} data={[{ value: "subscribed", label: "are confirmed on" }, { value: "unsubscribed", label: "have left" }, { value: "not_on", label: "never were on" }]}
        onChange={(value) => value && onChange({ ...condition, is: value as "subscribed" })} />
      <Select aria-label="List" placeholder="which list" searchable flex={1} miw={140} allowDeselect={false} value={condition.list || null} data={(lists.data ?? []).map((list) => ({ value: list.id, label: list.name }))}
        onChange={(value) => value && onChange({ ...condition, list: value })} />
    </>
  );
}

/** A filter with levels, as the API takes it. */
function AsText({ filter, onChange }: SegmentBuilderProps) {
  return (
    <Stack gap="xs">
      <Alert variant="light" title="Made of several levels">This filter was written over the API. It is shown as it is kept; the words are explained under “Segments” in the documentation.</Alert>
      <Textarea aria-label="The filter as JSON" autosize minRows={6} ff="monospace" key={JSON.stringify(filter)} defaultValue={JSON.stringify(filter, null, 2)}
        onBlur={(event) => {
          try {
            onChange(JSON.parse(event.currentTarget.value) as Filter);
            event.currentTarget.setCustomValidity("");
          } catch {
            event.currentTarget.setCustomValidity("This is no JSON");
            event.currentTarget.reportValidity();
          }
        }} />
    </Stack>
  );
}

/** How many contacts fit a filter now; counted a moment after the last change. */
export function LiveCount({ filter }: { filter: Filter }) {
  const [settled] = useDebouncedValue(JSON.stringify(filter), 400);
  const found = useQuery({
    queryKey: ["segments", "count", settled],
    queryFn: () => answer(api.POST("/api/v1/segments/count", { body: { filter: JSON.parse(settled) as Filter } })),
    retry: false,
    placeholderData: (before) => before,
  });
  if (found.isError) return <Text size="sm" c="dimmed" role="status">Not complete yet: {sentenceOf(found.error)}.</Text>;
  if (!found.data) return <Text size="sm" c="dimmed" role="status">Counting …</Text>;
  return <Text size="sm" role="status"><b className="figures">{count(found.data.number)}</b>{found.data.exact ? "" : " or more"} {found.data.number === 1 ? "contact fits" : "contacts fit"}.</Text>;
}
