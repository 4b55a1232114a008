// An invitation into a workspace: for somebody new, for somebody with a user, for who is logged in already.
import { Button, Center, Loader, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { useSessionChange } from "../../api/session";
import { showInForm } from "../../shared/form-problems";
import { ProblemNotice } from "../../shared/problem-notice";
import { Door, takeToken } from "./door";

export function Invitation() {
  const [token] = useState(takeToken);
  const welcome = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => answer(api.POST("/api/v1/invitations/look", { body: { token } })),
    retry: false,
    enabled: token !== "",
  });
  if (!token) return <Door title="Invitation"><Text>The link is not whole: open it as it stands in the mail.</Text></Door>;
  if (welcome.isPending) return <Center h="60vh"><Loader aria-label="Loading" /></Center>;
  if (welcome.isError) return <Door title="Invitation"><ProblemNotice error={welcome.error} title="The invitation cannot be accepted" /></Door>;
  return <Accept token={token} welcome={welcome.data} />;
}

function Accept({ token, welcome }: { token: string; welcome: Schemas["WelcomeAnswer"] }) {
  const navigate = useNavigate();
  const change = useSessionChange();
  const [error, setError] = useState<unknown>(null);
  const form = useForm({ initialValues: { name: "", password: "", code: "" } });
  const accept = useMutation({
    mutationFn: (values: typeof form.values) => answer(api.POST("/api/v1/invitations/accept", { body: { ...values, token } })),
    onSuccess: (session) => {
      sessionStorage.removeItem(window.location.pathname);
      change(session);
      void navigate("/", { replace: true });
    },
    onError: (failure) => setError(showInForm(form, failure)),
  });
  return (
    <Door title={`Join ${welcome.workspace_name}`} description={`As ${welcome.role}, with the address ${welcome.email}.`}>
      <form onSubmit={form.onSubmit((values) => accept.mutate(values))}>
        <Stack>
          {!welcome.has_user && <TextInput label="Your name" autoComplete="name" required autoFocus {...form.getInputProps("name")} />}
          <PasswordInput label={welcome.has_user ? "Your password" : "Choose a password"} autoComplete={welcome.has_user ? "current-password" : "new-password"} required {...form.getInputProps("password")} />
          {welcome.has_user && <TextInput label="Code" description="Only if you log in with one." autoComplete="one-time-code" {...form.getInputProps("code")} />}
          <ProblemNotice error={error} title="You have not joined" />
          <Button type="submit" loading={accept.isPending}>Join</Button>
        </Stack>
      </form>
    </Door>
  );
}
