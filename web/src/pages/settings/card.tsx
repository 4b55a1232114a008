// One part of the settings: a heading, what it is about, and its form.
import { Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

export function Card({ title, about, children }: { title: string; about?: ReactNode; children: ReactNode }) {
  return (
    <Paper className="surface" p="md" component="section" aria-label={title}>
      <Title order={2} size="h4">{title}</Title>
      {about && <Text size="sm" c="dimmed" maw="44rem">{about}</Text>}
      <Stack mt="sm" gap="sm">{children}</Stack>
    </Paper>
  );
}
