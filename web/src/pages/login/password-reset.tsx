// A new password: first the mail with the link, then, with the link, the password.
import { Alert, Anchor, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate } from "react-router";

import { answer, api } from "../../api/client";
import { ProblemNotice } from "../../shared/problem-notice";
import { Door, takeToken } from "./door";

export function PasswordReset() {
  const [token] = useState(takeToken);
  return token ? <NewPassword token={token} /> : <AskForLink />;
}

function AskForLink() {
  const form = useForm({ initialValues: { email: "" } });
  const ask = useMutation({ mutationFn: (body: { email: string }) => answer(api.POST("/api/v1/password/reset-request", { body })) });
  return (
    <Door title="A new password" description="You get a mail with a link that works for one hour.">
      {ask.isSuccess ? (
        <Alert color="teal" title="Look into your mailbox" role="status">If there is a user with this address, a mail is on its way.</Alert>
      ) : (
        <form onSubmit={form.onSubmit((values) => ask.mutate(values))}>
          <Stack>
            <TextInput label="E-mail address" type="email" autoComplete="username" required autoFocus {...form.getInputProps("email")} />
            <ProblemNotice error={ask.error} title="No mail was sent" />
            <Button type="submit" loading={ask.isPending}>Send me a link</Button>
          </Stack>
        </form>
      )}
      <Anchor component={Link} to="/login" size="sm">To the login</Anchor>
    </Door>
  );
}

function NewPassword({ token }: { token: string }) {
  const navigate = useNavigate();
  const form = useForm({ initialValues: { password: "" } });
  const set = useMutation({
    mutationFn: ({ password }: { password: string }) => answer(api.POST("/api/v1/password/reset", { body: { token, password } })),
    onSuccess: () => {
      sessionStorage.removeItem(window.location.pathname);
      void navigate("/login", { replace: true });
    },
  });
  return (
    <Door title="A new password" description="Every session of yours ends; log in with the new password.">
      <form onSubmit={form.onSubmit((values) => set.mutate(values))}>
        <Stack>
          <PasswordInput label="New password" autoComplete="new-password" required autoFocus {...form.getInputProps("password")} />
          <ProblemNotice error={set.error} title="The password is as it was" />
          <Button type="submit" loading={set.isPending}>Set the password</Button>
        </Stack>
      </form>
    </Door>
  );
}
