// The settings: what holds in this workspace, and what is one's own; each part is a page under its address.
import { Tabs } from "@mantine/core";
import { Outlet, useLocation, useNavigate } from "react-router";

import { useMay, type Permission } from "../../api/session";
import { PageHeader } from "../../shared/page-header";

const PARTS: { to: string; label: string; needs?: Permission }[] = [
  { to: "/settings", label: "You" },
  { to: "/settings/workspace", label: "Workspace", needs: "workspace:read" },
  { to: "/settings/people", label: "People", needs: "members:read" },
  { to: "/settings/api-keys", label: "API keys", needs: "keys:read" },
  { to: "/settings/webhooks", label: "Webhooks", needs: "webhooks:read" },
];

export function Settings() {
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const may = useMay();
  const here = PARTS.filter(({ to }) => pathname === to || pathname.startsWith(`${to}/`)).at(-1)?.to ?? "/settings";
  return (
    <>
      <PageHeader title="Settings" />
      <Tabs value={here} onChange={(to) => to && void navigate(to)} mb="lg">
        <Tabs.List>{PARTS.filter(({ needs }) => !needs || may(needs)).map(({ to, label }) => <Tabs.Tab key={to} value={to}>{label}</Tabs.Tab>)}</Tabs.List>
        <Tabs.Panel value={here} pt="md"><Outlet /></Tabs.Panel>
      </Tabs>
    </>
  );
}
