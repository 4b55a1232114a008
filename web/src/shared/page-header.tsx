// The top of every page: its name, what it is for, and what can be done.
import { Anchor, Group, Stack, Text, Title } from "@mantine/core";
import { useEffect, useRef, type ReactNode } from "react";
import { Link, useLocation } from "react-router";

import { Icon } from "./icons";

interface PageHeaderProps {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  /** Beside the title, a state for example. */
  aside?: ReactNode;
  back?: { to: string; label: string };
}

/** Also names the tab, and moves the focus to the heading when another page was opened. */
export function PageHeader({ title, description, actions, aside, back }: PageHeaderProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    document.title = `${title} · Paceline`;
  }, [title]);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <Stack gap={4} mb="lg">
      {back && (
        <Anchor component={Link} to={back.to} size="sm" c="dimmed" underline="hover">
          <Group gap={2} wrap="nowrap" component="span"><Icon name="back" size={14} />{back.label}</Group>
        </Anchor>
      )}
      <Group justify="space-between" align="flex-start" gap="sm">
        <Group gap="sm" align="center">
          <Title order={1} ref={heading} tabIndex={-1}>{title}</Title>
          {aside}
        </Group>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {description && <Text c="dimmed" maw="46rem">{description}</Text>}
    </Stack>
  );
}
