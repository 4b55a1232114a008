// The people of the workspace: who is in it, in which role, and who is invited.
import { Badge, Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api, type Schemas } from "../../api/client";
import { useMay, useSession } from "../../api/session";
import { Confirm } from "../../shared/confirm";
import { DataTable, usePages, type Column } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { Icon } from "../../shared/icons";
import { Moment } from "../../shared/moment";
import { ProblemNotice } from "../../shared/problem-notice";
import { ShownOnce } from "./once";

type Member = Schemas["MemberAnswer"];
type Role = Schemas["Role"];

const ROLES: { value: Role; label: string }[] = [
  { value: "owner", label: "Owner: everything, also other owners" },
  { value: "admin", label: "Admin: everything but owners" },
  { value: "editor", label: "Editor: contacts, campaigns, sending" },
  { value: "viewer", label: "Viewer: looks, changes nothing" },
];

export function People() {
  const may = useMay();
  const session = useSession();
  const queries = useQueryClient();
  const [inviting, { open, close }] = useDisclosure(false);
  const [removing, setRemoving] = useState<Member | null>(null);
  const members = usePages(["members"], (cursor) => answer(api.GET("/api/v1/members", { params: { query: { cursor, limit: 50 } } })));
  const change = useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) => answer(api.PATCH("/api/v1/members/{user_id}", { params: { path: { user_id: id } }, body: { role } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["members"] }),
  });
  const reset = useMutation({ mutationFn: (id: string) => answer(api.POST("/api/v1/members/{user_id}/reset-link", { params: { path: { user_id: id } } })) });
  const remove = async () => {
    if (!removing) return;
    await answer(api.DELETE("/api/v1/members/{user_id}", { params: { path: { user_id: removing.id } } }));
    await queries.invalidateQueries({ queryKey: ["members"] });
  };
  const writes = may("members:write");
  const columns: Column<Member>[] = [
    { label: "Name", render: (one) => <>{one.name} {one.id === session.user.id && <Badge size="xs" variant="light">you</Badge>}<Text size="xs" c="dimmed">{one.email}</Text></> },
    { label: "Role", render: (one) => writes && one.id !== session.user.id
      ? <Select aria-label={`Role of ${one.name}`} size="xs" w={120} allowDeselect={false} value={one.role} data={ROLES.map(({ value }) => value)} onChange={(role) => role && change.mutate({ id: one.id, role: role as Role })} />
      : one.role },
    { label: "Second factor", render: (one) => (one.has_second_factor ? "yes" : "no") },
    { label: "Since", render: (one) => <Moment at={one.created_at} /> },
    ...(writes ? [{ label: "", render: (one: Member) => one.id !== session.user.id && (
      <Group gap={4} wrap="nowrap" justify="flex-end">
        <Button size="compact-xs" variant="subtle" aria-label={`A link for a new password of ${one.name}`} onClick={() => reset.mutate(one.id)}>New password</Button>
        <Button size="compact-xs" variant="subtle" color="red" aria-label={`Remove ${one.name}`} onClick={() => setRemoving(one)}>Remove</Button>
      </Group>
    ) }] : []),
  ];
  return (
    <Stack>
      {writes && <Group justify="flex-end"><Button leftSection={<Icon name="plus" />} onClick={open}>Invite somebody</Button></Group>}
      <ProblemNotice error={change.error ?? reset.error} title="Nothing was changed" />
      {reset.data && <ShownOnce title="The link for a new password: it works once, for one hour" secret={reset.data.link} />}
      <DataTable caption="People" query={members} columns={columns} keyOf={(one) => one.id} empty={null} />
      {writes && <Invitations />}
      <Modal opened={inviting} onClose={close} title="Invite somebody" closeButtonProps={{ "aria-label": "Close" }}><Invite /></Modal>
      <Confirm opened={removing !== null} onClose={() => setRemoving(null)} title={`Remove ${removing?.name ?? ""}?`} confirm="Remove" danger onConfirm={remove}>
        Every session and every API key that this person made here ends at once.
      </Confirm>
    </Stack>
  );
}

function Invite() {
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("editor");
  const invite = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/invitations", { body: { email, role } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["invitations"] }),
  });
  if (invite.data) {
    return (
      <Stack>
        <Text size="sm">{invite.data.mailed ? `A mail to ${invite.data.email} is on its way.` : `No mail was sent: give the link to ${invite.data.email} yourself.`}</Text>
        <ShownOnce title="The link works once, for seven days" secret={invite.data.link} />
      </Stack>
    );
  }
  return (
    <form onSubmit={(event) => { event.preventDefault(); invite.mutate(); }}>
      <Stack>
        <TextInput label="E-mail address" type="email" required value={email} onChange={(event) => setEmail(event.currentTarget.value)} data-autofocus />
        <Select label="Role" allowDeselect={false} value={role} data={ROLES} onChange={(value) => value && setRole(value as Role)} />
        <ProblemNotice error={invite.error} title="Nobody was invited" />
        <Group justify="flex-end"><Button type="submit" loading={invite.isPending}>Invite</Button></Group>
      </Stack>
    </form>
  );
}

function Invitations() {
  const queries = useQueryClient();
  const found = usePages(["invitations"], (cursor) => answer(api.GET("/api/v1/invitations", { params: { query: { cursor, limit: 50 } } })));
  const revoke = useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/v1/invitations/{invitation_id}", { params: { path: { invitation_id: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["invitations"] }),
  });
  const columns: Column<Schemas["InvitationAnswer"]>[] = [
    { label: "Invited", render: (one) => one.email },
    { label: "Role", render: (one) => one.role },
    { label: "Until", render: (one) => <Moment at={one.expires_at} /> },
    { label: "", render: (one) => <Button size="compact-xs" variant="subtle" aria-label={`Take back the invitation of ${one.email}`} onClick={() => revoke.mutate(one.id)}>Take back</Button> },
  ];
  return <DataTable caption="Invitations" query={found} columns={columns} keyOf={(one) => one.id}
    empty={<EmptyState icon="user" title="Nobody is invited">Whom you invite gets a link that works once, for seven days.</EmptyState>} />;
}
