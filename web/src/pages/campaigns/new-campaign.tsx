// A new draft: its name, and what its content begins with.
import { Button, Group, Input, SegmentedControl, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate } from "react-router";

import { answer, api, type Schemas } from "../../api/client";
import { showInForm } from "../../shared/form-problems";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice } from "../../shared/problem-notice";
import { campaignKey } from "./campaign-calls";
import { FIRST_MESSAGE } from "./first-message";

export function NewCampaign() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(null);
  const templates = useQuery({ queryKey: ["templates", "choice"], queryFn: () => answer(api.GET("/api/v1/templates", { params: { query: { limit: 100 } } })) });
  const form = useForm({ initialValues: { name: "", channel: "email", template_id: "" } });
  const byMail = form.values.channel === "email";
  const create = useMutation({
    mutationFn: (values: typeof form.values) => {
      const body: Schemas["NewCampaign"] = values.channel === "whatsapp" ? { name: values.name, channel: "whatsapp" } : values.template_id ? { name: values.name, template_id: values.template_id } : { name: values.name, content: FIRST_MESSAGE };
      return answer(api.POST("/api/v1/campaigns", { body }));
    },
    onSuccess: (campaign) => {
      queries.setQueryData(campaignKey(campaign.id), campaign);
      void queries.invalidateQueries({ queryKey: ["campaigns"] });
      void navigate(`/campaigns/${campaign.id}`);
    },
    onError: (failure) => setError(showInForm(form, failure)),
  });
  return (
    <>
      <PageHeader title="New campaign" back={{ to: "/campaigns", label: "Campaigns" }} description="Nothing is sent before you start it." />
      <form onSubmit={form.onSubmit((values) => create.mutate(values))} className="surface form-card">
        <Stack>
          <TextInput label="Name" description="Only you and your colleagues see it." placeholder="Spring news" required autoFocus {...form.getInputProps("name")} />
          <Input.Wrapper label="Channel" labelElement="div">
            <SegmentedControl aria-label="Channel" fullWidth mt={4} data={[{ value: "email", label: "E-mail" }, { value: "whatsapp", label: "WhatsApp" }]} {...form.getInputProps("channel")} />
          </Input.Wrapper>
          {byMail && (templates.data?.items.length ?? 0) > 0 && (
            <Select label="Begin with" clearable placeholder="A short message to write over" {...form.getInputProps("template_id")}
              data={(templates.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))} />
          )}
          <ProblemNotice error={error} title="The campaign was not created" />
          <Group justify="flex-end">
            <Button component={Link} to="/campaigns" variant="default">Cancel</Button>
            <Button type="submit" loading={create.isPending}>{byMail ? "Write the message" : "Choose the templates"}</Button>
          </Group>
        </Stack>
      </form>
    </>
  );
}
