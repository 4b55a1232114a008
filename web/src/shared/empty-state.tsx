// What stands where there is nothing yet: why, and the first step.
import { Stack, Text, ThemeIcon, Title } from "@mantine/core";
import type { ReactNode } from "react";

import { Icon, type IconName } from "./icons";

interface EmptyStateProps {
  icon: IconName;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** An empty place that teaches. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md" className="surface">
      <ThemeIcon size={44} radius="xl" variant="light"><Icon name={icon} size={24} /></ThemeIcon>
      <Title order={2} ta="center">{title}</Title>
      <Text c="dimmed" ta="center" maw="34rem">{children}</Text>
      {action}
    </Stack>
  );
}
