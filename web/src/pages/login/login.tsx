// Logging in: by password, with a code where there is a second factor, or at the identity provider.
import { Alert, Anchor, Button, Divider, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";

import { answer, api } from "../../api/client";
import { ProblemError } from "../../api/problem";
import { useSessionChange } from "../../api/session";
import { ProblemNotice } from "../../shared/problem-notice";
import { Door } from "./door";

export function Login() {
  const ways = useQuery({ queryKey: ["login-ways"], queryFn: () => answer(api.GET("/api/v1/login-ways")) });
  const [needsCode, setNeedsCode] = useState(false);
  const [parameters] = useSearchParams();
  const navigate = useNavigate();
  const change = useSessionChange();
  const form = useForm({ initialValues: { email: "", password: "", code: "" } });
  const logIn = useMutation({
    mutationFn: (login: typeof form.values) => answer(api.POST("/api/v1/session", { body: login })),
    onSuccess: (session) => {
      change(session);
      void navigate(inside(parameters.get("next")), { replace: true });
    },
    onError: (error) => {
      if (error instanceof ProblemError && error.kind === "second-factor-needed") setNeedsCode(true);
    },
  });
  const elsewhere = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/single-sign-on", { body: {} })),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const asksForCode = logIn.error instanceof ProblemError && logIn.error.kind === "second-factor-needed" && form.values.code === "";
  return (
    <Door title="Log in">
      {ways.data?.setup_needed && (
        <Alert color="teal" title="Nobody is here yet">
          Open the link that <code>paceline serve</code> printed when it started: it makes the first user. When it is
          lost, start the server again: it prints a new one.
        </Alert>
      )}
      <form onSubmit={form.onSubmit((values) => logIn.mutate(values))}>
        <Stack>
          <TextInput label="E-mail address" type="email" autoComplete="username" required autoFocus {...form.getInputProps("email")} />
          <PasswordInput label="Password" autoComplete="current-password" required {...form.getInputProps("password")} />
          {needsCode && (
            <TextInput label="Code" description="From your authenticator app, or one of your recovery codes." autoComplete="one-time-code"
              inputMode="text" autoFocus {...form.getInputProps("code")} />
          )}
          {!asksForCode && <ProblemNotice error={logIn.error} title="You are not logged in" />}
          <Button type="submit" loading={logIn.isPending} fullWidth>Log in</Button>
        </Stack>
      </form>
      {ways.data?.single_sign_on && (
        <>
          <Divider label="or" />
          <Button variant="default" loading={elsewhere.isPending} onClick={() => elsewhere.mutate()}>Log in with your organisation</Button>
          <ProblemNotice error={elsewhere.error} />
        </>
      )}
      {ways.data?.password_reset ? (
        <Anchor component={Link} to="/password-reset" size="sm">I forgot my password</Anchor>
      ) : (
        <Text size="sm" c="dimmed">Forgot the password? An admin or the operator makes a link for a new one.</Text>
      )}
    </Door>
  );
}

/** Only addresses of these pages: a link to the login must lead nowhere else. */
function inside(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}
