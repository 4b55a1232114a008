// When a campaign may send: weekdays, hours, holidays, and on whose clock; what it comes to stands below.
import { ActionIcon, Autocomplete, Button, Chip, Group, Input, Select, SimpleGrid, Stack, Switch, TagsInput, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../../api/client";
import { useMay } from "../../../api/session";
import { count, plural } from "../../../shared/format";
import { Icon } from "../../../shared/icons";
import { useFieldNames } from "../../../shared/message/content";
import { Moment } from "../../../shared/moment";
import { ProblemNotice } from "../../../shared/problem-notice";
import { OWN_ZONE, TIME_ZONES } from "../../../shared/time-zones";
import { Card } from "../../settings/card";

export type SendingWindow = Schemas["WindowFields"];
type Day = NonNullable<SendingWindow["days"]>[number];

const DAYS: readonly { value: Day; label: string }[] = [
  { value: "mon", label: "Monday" }, { value: "tue", label: "Tuesday" }, { value: "wed", label: "Wednesday" }, { value: "thu", label: "Thursday" },
  { value: "fri", label: "Friday" }, { value: "sat", label: "Saturday" }, { value: "sun", label: "Sunday" },
];
const OFFICE: SendingWindow = { days: ["mon", "tue", "wed", "thu", "fri"], hours: ["09:00-17:00"], holidays: [], timezone: OWN_ZONE, recipient_timezone: "", not_before: null };

/** What the API takes: nothing at all where the window would limit nothing. */
export function windowToSave(window: SendingWindow | null): SendingWindow {
  if (!window) return {};
  const hours = (window.hours ?? []).filter((one) => one !== "00:00-24:00");
  const limits = (window.days ?? DAYS).length < DAYS.length || hours.length > 0 || (window.holidays ?? []).length > 0 || window.not_before;
  return limits ? { ...window, hours: hours.length > 0 ? hours : null } : {};
}

interface WindowCardProps {
  value: SendingWindow | null;
  onChange: (value: SendingWindow | null) => void;
  readOnly: boolean;
  /** Messages a minute of the whole campaign; 0: no pace. */
  ratePerMinute: number;
}

export function WindowCard({ value, onChange, readOnly, ratePerMinute }: WindowCardProps) {
  return (
    <Card title="When it may send" about="Outside of these times the campaign waits, says so, and goes on by itself.">
      <Switch label="Only at certain times" checked={value !== null} disabled={readOnly} onChange={(event) => onChange(event.currentTarget.checked ? OFFICE : null)} />
      {value && <Times value={value} onChange={onChange} readOnly={readOnly} />}
      {value && <Effect value={value} ratePerMinute={ratePerMinute} />}
    </Card>
  );
}

function Times({ value, onChange, readOnly }: { value: SendingWindow; onChange: (value: SendingWindow) => void; readOnly: boolean }) {
  const may = useMay();
  const names = useFieldNames(may("contacts:read"));
  const change = (part: Partial<SendingWindow>) => onChange({ ...value, ...part });
  return (
    <Stack>
      <Input.Wrapper label="Weekdays" labelElement="div">
        <Chip.Group multiple value={value.days ?? DAYS.map((day) => day.value)} onChange={(days) => change({ days: days as Day[] })}>
          <Group gap="xs" role="group" aria-label="Weekdays">{DAYS.map((day) => <Chip key={day.value} size="xs" value={day.value} disabled={readOnly}>{day.label}</Chip>)}</Group>
        </Chip.Group>
      </Input.Wrapper>
      <Hours value={(value.hours ?? []).filter((one) => one !== "00:00-24:00")} onChange={(hours) => change({ hours })} readOnly={readOnly} />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TagsInput label="Not on these days" description="Holidays, as 2027-12-24." splitChars={[",", " ", ";"]} value={value.holidays ?? []} disabled={readOnly} onChange={(holidays) => change({ holidays })} />
        <TextInput type="datetime-local" label="Not before" description="A local time, for everybody." value={(value.not_before ?? "").slice(0, 16)} disabled={readOnly} onChange={(event) => change({ not_before: event.currentTarget.value || null })} />
        <Select label="Time zone of the campaign" searchable allowDeselect={false} data={TIME_ZONES} value={value.timezone ?? "UTC"} disabled={readOnly} onChange={(timezone) => change({ timezone })} />
        <Autocomplete label="Time zone of each recipient" description="The field that holds it; empty: the campaign's for all." data={names.filter((name) => name !== "email")} value={value.recipient_timezone ?? ""} disabled={readOnly}
          onChange={(recipient_timezone) => change({ recipient_timezone })} />
      </SimpleGrid>
    </Stack>
  );
}

function Hours({ value, onChange, readOnly }: { value: string[]; onChange: (hours: string[]) => void; readOnly: boolean }) {
  const set = (index: number, from: string, to: string) => onChange(value.map((one, at) => (at === index ? `${from || "00:00"}-${ending(from, to)}` : one)));
  return (
    <Input.Wrapper label="Hours" labelElement="div" description={value.length > 0 ? "Hours that end before they begin end on the following day." : "All day."}>
      <Stack gap="xs" mt={4}>
        {value.map((one, index) => {
          const [from = "", to = ""] = one.split("-");
          return (
            <Group key={index} gap="xs">
              <TextInput type="time" aria-label={`Hours ${index + 1} begin`} value={from} disabled={readOnly} onChange={(event) => set(index, event.currentTarget.value, to)} />
              <Text size="sm">to</Text>
              <TextInput type="time" aria-label={`Hours ${index + 1} end`} value={to === "24:00" ? "00:00" : to} disabled={readOnly} onChange={(event) => set(index, from, event.currentTarget.value)} />
              {!readOnly && <ActionIcon variant="subtle" color="gray" aria-label={`Take hours ${index + 1} away`} onClick={() => onChange(value.filter((_, at) => at !== index))}><Icon name="close" size={16} /></ActionIcon>}
            </Group>
          );
        })}
        {!readOnly && <Group><Button size="xs" variant="default" leftSection={<Icon name="plus" size={14} />} onClick={() => onChange([...value, "09:00-17:00"])}>Add hours</Button></Group>}
      </Stack>
    </Input.Wrapper>
  );
}

/** Midnight at the end of a day is written 24:00, and a time field cannot say that. */
const ending = (from: string, to: string) => (!to || (to === "00:00" && from === "00:00") ? "24:00" : to);

function Effect({ value, ratePerMinute }: { value: SendingWindow; ratePerMinute: number }) {
  const [settled] = useDebouncedValue(value, 300);
  const window = windowToSave(settled);
  const shown = useQuery({
    queryKey: ["window", window],
    queryFn: () => answer(api.POST("/api/v1/pace/window", { body: { window } })),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });
  if (shown.isError) return <ProblemNotice error={shown.error} title="These times cannot be used yet" />;
  if (!shown.data) return null;
  const { is_open, opens_at, closes_at, minutes_a_week } = shown.data;
  const hours = Math.round(minutes_a_week / 6) / 10;
  return (
    <Text size="sm" role="status">
      Open {plural(hours, "hour")} a week
      {ratePerMinute > 0 && <>: at {count(ratePerMinute)} a minute {plural(Math.floor(ratePerMinute * minutes_a_week), "message")} a week at most</>}.{" "}
      {is_open ? <>It is open now{closes_at && <>, until <Moment at={closes_at} /></>}.</> : opens_at ? <>It opens <Moment at={opens_at} />, <Moment at={opens_at} as="relative" />.</> : "It does not open within two years."}
      {value.recipient_timezone && ` For each recipient the clock of the field ${value.recipient_timezone} decides, where it holds a time zone.`}
    </Text>
  );
}
