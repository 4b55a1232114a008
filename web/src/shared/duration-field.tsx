// A length of time as people say it: a number and a unit, kept in seconds.
import { Group, Input, NumberInput, Select } from "@mantine/core";
import { useState, type ReactNode } from "react";

const UNITS = [
  { value: "1", label: "seconds" }, { value: "60", label: "minutes" }, { value: "3600", label: "hours" }, { value: "86400", label: "days" },
];

interface DurationFieldProps {
  label: string;
  error?: ReactNode;
  /** Seconds. */
  value?: number;
  onChange?: (seconds: number) => void;
}

/** Begins with the largest unit in which the value is a whole number. */
export function DurationField({ label, error, value = 0, onChange }: DurationFieldProps) {
  const [unit, setUnit] = useState(() => Number(UNITS.findLast((one) => value >= Number(one.value) && value % Number(one.value) === 0)?.value ?? 1));
  return (
    <Input.Wrapper label={label} labelElement="div" error={error}>
      <Group gap={6} wrap="nowrap" mb={error ? 5 : 0}>
        <NumberInput aria-label={label} className="grow" min={0} value={value / unit} error={Boolean(error)} onChange={(number) => onChange?.((Number(number) || 0) * unit)} />
        <Select aria-label={`${label}: unit`} w={120} allowDeselect={false} data={UNITS} value={String(unit)}
          onChange={(chosen) => { setUnit(Number(chosen)); onChange?.((value / unit) * Number(chosen)); }} />
      </Group>
    </Input.Wrapper>
  );
}
