// How much of a limit is used: a bar, and the figures beside it.
import { Box, Group, Text } from "@mantine/core";

import { count } from "./format";

interface MeterProps {
  label: string;
  used: number;
  /** 0: no limit. */
  limit: number;
}

/** Used of a limit; without a limit only the figure. */
export function Meter({ label, used, limit }: MeterProps) {
  const share = limit > 0 ? Math.min(1, used / limit) : 0;
  const colour = share >= 1 ? "var(--mantine-color-yellow-7)" : "var(--mantine-color-teal-7)";
  return (
    <Box miw={0}>
      <Group justify="space-between" gap={6} wrap="nowrap">
        <Text size="xs" c="dimmed" className="truncate">{label}</Text>
        <Text size="xs" className="figures truncate">{count(used)}{limit > 0 ? ` / ${count(limit)}` : ""}</Text>
      </Group>
      {limit > 0 && <div className="meter" aria-hidden="true"><div className="meter-bar" style={{ width: `${share * 100}%`, background: colour }} /></div>}
    </Box>
  );
}
