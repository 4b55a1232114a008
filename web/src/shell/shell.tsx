// The frame around the pages of people who are logged in: navigation, workspace, person, colours.
import { ActionIcon, AppShell, Burger, Center, Group, Loader, NavLink, ScrollArea, Text, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useEffect } from "react";
import { Link, Navigate, NavLink as RouterNavLink, Outlet, useLocation, useMatch } from "react-router";

import { FeedProvider, useConnected } from "../api/feed";
import { SessionContext, useMay, useSessionQuery } from "../api/session";
import { Icon } from "../shared/icons";
import { ProblemNotice } from "../shared/problem-notice";
import { NAVIGATION, type NavigationItem } from "./navigation";
import { PersonMenu } from "./person-menu";

/** Lets in who is logged in; everybody else goes to the login and comes back. */
export function Shell() {
  const session = useSessionQuery();
  const { pathname, search } = useLocation();
  if (session.isPending) return <Center h="60vh"><Loader aria-label="Loading" /></Center>;
  if (session.isError) return <Center h="60vh"><ProblemNotice error={session.error} onRetry={() => void session.refetch()} /></Center>;
  if (!session.data) {
    const next = pathname === "/" ? "" : `?next=${encodeURIComponent(pathname + search)}`;
    return <Navigate to={`/login${next}`} replace />;
  }
  return (
    <SessionContext.Provider value={session.data}>
      <FeedProvider key={session.data.workspace.id}>
        <Frame />
      </FeedProvider>
    </SessionContext.Provider>
  );
}

function Frame() {
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  useEffect(close, [pathname, close]);
  return (
    <AppShell header={{ height: 52 }} navbar={{ width: 220, breakpoint: "sm", collapsed: { mobile: !opened } }} padding={{ base: "sm", sm: "lg" }}>
      <AppShell.Header bg="var(--paceline-surface)">
        <a className="skip-link" href="#page">To the content</a>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={opened ? "Close the navigation" : "Open the navigation"} aria-expanded={opened} />
            <Link to="/" className="brand" aria-label="Paceline, to the dashboard">
              <img src="/favicon.svg" alt="" width={24} height={24} />
              <Text fw={700} component="span">Paceline</Text>
            </Link>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <FeedLight />
            <ColourSwitch />
            <PersonMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar bg="var(--paceline-surface)" component="nav" aria-label="Pages" id="navigation">
        <AppShell.Section grow component={ScrollArea} p="xs"><Navigation /></AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1}>
        <div className="page"><Outlet /></div>
      </AppShell.Main>
    </AppShell>
  );
}

function Navigation() {
  const may = useMay();
  return NAVIGATION.map((group) => {
    const items = group.items.filter((item) => !item.needs || may(item.needs));
    if (items.length === 0) return null;
    return (
      <div key={group.label} role="group" aria-label={group.label}>
        <div className="nav-group" aria-hidden="true">{group.label}</div>
        {items.map((item) => <Item key={item.to} {...item} />)}
      </div>
    );
  });
}

function Item({ to, label, icon }: NavigationItem) {
  const here = useMatch({ path: to, end: to === "/" });
  return (
    <NavLink component={RouterNavLink} to={to} end={to === "/"} label={label} leftSection={<Icon name={icon} />} active={here !== null}
      variant="light" className="nav-item" />
  );
}

/** Whether what is shown is live. */
function FeedLight() {
  const connected = useConnected();
  const words = connected ? "Live: changes are shown as they happen" : "Not connected: trying again";
  return (
    <Tooltip label={words}>
      <span className="feed-light" data-connected={connected} role="status" aria-label={words} tabIndex={0} />
    </Tooltip>
  );
}

function ColourSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const now = useComputedColorScheme("light");
  const other = now === "dark" ? "light" : "dark";
  return (
    <Tooltip label={`Use ${other} colours`}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Use ${other} colours`} onClick={() => setColorScheme(other)}>
        <Icon name={now === "dark" ? "sun" : "moon"} />
      </ActionIcon>
    </Tooltip>
  );
}
