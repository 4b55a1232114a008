// The person at the top right: in which workspace, and the way out.
import { Button, Menu, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "react-router";

import { answer, api } from "../api/client";
import { useSession, useSessionChange } from "../api/session";
import { Icon } from "../shared/icons";

export function PersonMenu() {
  const session = useSession();
  const change = useSessionChange();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: () => answer(api.DELETE("/api/v1/session")),
    onSettled: () => {
      change(null);
      void navigate("/login");
    },
  });
  const move = useMutation({
    mutationFn: (workspace: string) => answer(api.PUT("/api/v1/session/workspace", { body: { workspace } })),
    onSuccess: (there) => {
      change(there);
      void navigate("/");
    },
  });
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <Button variant="subtle" color="gray" size="sm" px="xs" leftSection={<Icon name="user" />} maw="45vw">
          <span className="truncate">{session.workspace.name}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" truncate>{session.user.name}</Text>
          <Text size="xs" truncate>{session.user.email}, {session.workspace.role}</Text>
        </Menu.Label>
        {session.workspaces.length > 1 && <Menu.Divider />}
        {session.workspaces.length > 1 && session.workspaces.map((one) => (
          <Menu.Item key={one.id} disabled={one.id === session.workspace.id} onClick={() => move.mutate(one.id)}>{one.name}</Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="logout" />} onClick={() => leave.mutate()}>Log out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
