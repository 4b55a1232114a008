// The first user: whoever opened the link that the first start printed.
import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { answer, api } from "../../api/client";
import { useSessionChange } from "../../api/session";
import { showInForm } from "../../shared/form-problems";
import { ProblemNotice } from "../../shared/problem-notice";
import { Door, takeToken } from "./door";

export function Setup() {
  const [token] = useState(takeToken);
  const navigate = useNavigate();
  const change = useSessionChange();
  const [error, setError] = useState<unknown>(null);
  const form = useForm({ initialValues: { email: "", name: "", password: "", workspace_name: "" } });
  const setUp = useMutation({
    mutationFn: (values: typeof form.values) => answer(api.POST("/api/v1/setup", { body: { ...values, token } })),
    onSuccess: (session) => {
      change(session);
      void navigate("/start", { replace: true });
    },
    onError: (failure) => setError(showInForm(form, failure)),
  });
  return (
    <Door title="Welcome" description="You become the owner of this installation. The link works once.">
      <form onSubmit={form.onSubmit((values) => setUp.mutate(values))}>
        <Stack>
          <TextInput label="Your name" autoComplete="name" required autoFocus {...form.getInputProps("name")} />
          <TextInput label="E-mail address" type="email" autoComplete="username" required {...form.getInputProps("email")} />
          <PasswordInput label="Password" description="A few words are better than one with odd signs." autoComplete="new-password" required {...form.getInputProps("password")} />
          <TextInput label="Name of your workspace" description="Your organisation or project; it can be changed later." placeholder="Café Lee" {...form.getInputProps("workspace_name")} />
          <ProblemNotice error={error} title="You have no user yet" />
          <Button type="submit" loading={setUp.isPending}>Begin</Button>
        </Stack>
      </form>
    </Door>
  );
}
