// The way from nothing to the first campaign: what is done, and what comes next.
import { Anchor, Button, Group, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { answer, api } from "../../api/client";
import { Icon } from "../../shared/icons";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice } from "../../shared/problem-notice";

interface Step {
  title: string;
  text: string;
  done: boolean;
  to: string;
  label: string;
}

function useSteps() {
  return useQuery({
    queryKey: ["accounts", "contacts", "campaigns", "steps"],
    queryFn: async (): Promise<Step[]> => {
      const one = { params: { query: { limit: 1 } } };
      const [accounts, contacts, campaigns] = await Promise.all([
        answer(api.GET("/api/v1/accounts", one)),
        answer(api.GET("/api/v1/contacts", one)),
        answer(api.GET("/api/v1/campaigns", { params: { query: { limit: 50 } } })),
      ]);
      const draft = campaigns.items.find((campaign) => campaign.status === "draft");
      const started = campaigns.items.find((campaign) => campaign.started_at !== null || campaign.status === "scheduled");
      const write = draft ? `/campaigns/${draft.id}` : "/campaigns/new";
      return [
        { title: "Add an account", text: "The login at your mail server. It is tested at once, and nothing is sent.", done: accounts.items.length > 0, to: "/accounts/new", label: "Add an account" },
        { title: "Import contacts", text: "The people who asked for your mail, from a CSV or Excel file.", done: contacts.items.length > 0, to: "/imports/new", label: "Import contacts" },
        { title: "Write", text: "Subject and message, with a live preview for every person.", done: campaigns.items.length > 0, to: write, label: draft ? "Go on writing" : "Write a message" },
        { title: "Look at it, and send yourself a test", text: "Everything that stands in the way is named before anything leaves.", done: started !== undefined, to: draft ? `${write}?step=send` : write, label: "Check and test" },
        { title: "Start", text: "Now, or at a moment in your time zone. You can pause it within a second.", done: started !== undefined, to: started ? `/campaigns/${started.id}` : draft ? `${write}?step=send` : write, label: started ? "Watch it" : "Start it" },
      ];
    },
    staleTime: 0,
  });
}

export function Start() {
  const steps = useSteps();
  const next = steps.data?.findIndex((step) => !step.done) ?? -1;
  return (
    <>
      <PageHeader title="To your first campaign" description="Five steps, a few minutes. You can leave at any time and come back." />
      <ProblemNotice error={steps.error} onRetry={() => void steps.refetch()} />
      <Stack component="ol" gap="sm" className="steps">
        {steps.data?.map((step, index) => (
          <li key={step.title} className="surface step" aria-current={index === next ? "step" : undefined}>
            <Group wrap="nowrap" align="flex-start">
              <ThemeIcon radius="xl" variant={step.done ? "filled" : "light"} color={step.done ? "teal" : "gray"}>
                {step.done ? <Icon name="check" size={16} /> : <Text size="sm" fw={700} component="span">{index + 1}</Text>}
              </ThemeIcon>
              <div className="grow">
                <Title order={2}>{step.title}{step.done && <span className="visually-hidden"> (done)</span>}</Title>
                <Text size="sm" c="dimmed">{step.text}</Text>
              </div>
              {index === next ? <Button component={Link} to={step.to}>{step.label}</Button> : <Anchor component={Link} to={step.to} size="sm" className="step-link">{step.label}</Anchor>}
            </Group>
          </li>
        ))}
      </Stack>
      <Text size="sm" c="dimmed" mt="lg">
        To try everything without sending to anybody: choose “The sandbox” as the provider of the account, or stop here and run <code>paceline demo --serve</code>.
      </Text>
    </>
  );
}
