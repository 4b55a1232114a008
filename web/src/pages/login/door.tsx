// The card of the pages before the login.
import { Group, Stack, Text, Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";

interface DoorProps {
  title: string;
  description?: ReactNode;
  children: ReactNode;
}

export function Door({ title, description, children }: DoorProps) {
  useEffect(() => {
    document.title = `${title} · Paceline`;
  }, [title]);
  return (
    <main className="door">
      <Stack className="surface door-card">
        <Group gap="xs"><img src="/favicon.svg" alt="" width={28} height={28} /><Text fw={700}>Paceline</Text></Group>
        <div>
          <Title order={1}>{title}</Title>
          {description && <Text c="dimmed" size="sm" mt={4}>{description}</Text>}
        </div>
        {children}
      </Stack>
    </main>
  );
}

/** The token of a one-time link, taken from the address so that it stays in no history. */
export function takeToken(): string {
  const address = new URL(window.location.href);
  const token = address.searchParams.get("token") ?? sessionStorage.getItem(address.pathname) ?? "";
  if (address.searchParams.has("token")) {
    sessionStorage.setItem(address.pathname, token); // for a page that is opened again in this tab
    address.searchParams.delete("token");
    window.history.replaceState(window.history.state, "", address);
  }
  return token;
}
