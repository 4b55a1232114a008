// The last look: what is in the way, a test in a real mailbox, and the start, now or later.
import { Alert, Anchor, Button, Card, Group, List, Select, SimpleGrid, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "../../../api/client";
import { useMay } from "../../../api/session";
import { LoadingRows } from "../../../shared/data-table";
import { count, plural } from "../../../shared/format";
import { Icon } from "../../../shared/icons";
import { ProblemNotice, upperFirst } from "../../../shared/problem-notice";
import { Confirm } from "../../../shared/confirm";
import { campaignKey, useCheck, useMove, type Campaign, type Check } from "../campaign-calls";
import { ForecastPanel, useForecast } from "../forecast-panel";
import { TestCard } from "./test-card";
import { EstimateCard } from "./whatsapp/estimate-card";

interface SendStepProps {
  campaign: Campaign;
  goTo: (step: string) => void;
}

export function SendStep({ campaign, goTo }: SendStepProps) {
  const may = useMay();
  const check = useCheck(campaign.id);
  const forecast = useForecast(campaign.id);
  if (check.isPending) return <LoadingRows rows={3} />;
  if (check.isError) return <ProblemNotice error={check.error} title="It could not be checked" onRetry={() => void check.refetch()} />;
  const ready = check.data.problems.length === 0;
  return (
    <Stack>
      <Findings check={check.data} goTo={goTo} onAgain={() => void check.refetch()} />
      {check.data.estimate && <EstimateCard estimate={check.data.estimate} />}
      {ready && forecast.data && <ForecastPanel forecast={forecast.data} />}
      {may("campaigns:send") ? (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
          <TestCard campaign={campaign} />
          <StartCard campaign={campaign} ready={ready} check={check.data} />
        </SimpleGrid>
      ) : (
        <Alert color="gray" title="You may not start campaigns">Somebody with the role editor, admin or owner can.</Alert>
      )}
    </Stack>
  );
}

function Findings({ check, goTo, onAgain }: { check: Check; goTo: (step: string) => void; onAgain: () => void }) {
  const { problems, notices } = check;
  return (
    <>
      {problems.length > 0 && (
        <Alert color="red" variant="light" icon={<Icon name="alert" />} title={`${plural(problems.length, "thing")} to mend before it can start`}>
          <List size="sm">{problems.map((one, index) => <List.Item key={index}><StepLink field={one.field} goTo={goTo} /> {one.message}</List.Item>)}</List>
          <Button size="xs" variant="default" mt="xs" onClick={onAgain}>Check again</Button>
        </Alert>
      )}
      {problems.length === 0 && <Alert color="teal" variant="light" icon={<Icon name="check" />} title="Nothing stands in the way">{check.recipients.exact ? plural(check.recipients.number, "person gets", "people get") : `${count(check.recipients.number)} or more people get`} it.</Alert>}
      {notices.length > 0 && (
        <Alert color="yellow" variant="light" title="Worth knowing">
          <List size="sm">{notices.map((one, index) => <List.Item key={index}><StepLink field={one.field} goTo={goTo} /> {one.message}</List.Item>)}</List>
        </Alert>
      )}
    </>
  );
}

/** The field a finding is about, as a way to where it is mended. */
function StepLink({ field, goTo }: { field: string; goTo: (step: string) => void }) {
  const step = field.startsWith("audience") ? "audience" : /^(accounts|account_choice|window|weight|rate_per_minute)/.test(field) ? "accounts" : "message";
  return <Anchor component="button" type="button" inherit fw={600} onClick={() => goTo(step)}>{upperFirst(field.replace("content.", "").replaceAll(/[._[\]]+/g, " ").trim() || "campaign")}:</Anchor>;
}

function StartCard({ campaign, ready, check }: { campaign: Campaign; ready: boolean; check: Check }) {
  const move = useMove(campaign.id);
  const [asking, setAsking] = useState(false);
  const people = `${check.recipients.exact ? "" : "at least "}${plural(check.recipients.number, "person", "people")}`;
  return (
    <Card withBorder className="surface" component="section" aria-label="Start">
      <Stack>
        <Title order={2}>Start</Title>
        {campaign.status === "scheduled" ? (
          <>
            <Text size="sm">It starts by itself. You can take that back, and it is a draft again.</Text>
            <ProblemNotice error={move.error} />
            <Group>
              <Button variant="default" loading={move.isPending} onClick={() => move.mutate("unschedule")}>Take the moment back</Button>
              <Button disabled={!ready} onClick={() => setAsking(true)}>Start it now</Button>
            </Group>
          </>
        ) : (
          <>
            <Group><Button size="md" disabled={!ready} leftSection={<Icon name="play" size={16} />} onClick={() => setAsking(true)}>Start it now</Button></Group>
            <ScheduleForm campaign={campaign} ready={ready} />
          </>
        )}
      </Stack>
      <Confirm opened={asking} onClose={() => setAsking(false)} title={`Send it to ${people}?`} confirm="Start sending" onConfirm={() => move.mutateAsync("start")}>
        Message and audience stay as they are now. You can pause it within a second, and stop it; what was sent cannot be taken back.
      </Confirm>
    </Card>
  );
}

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

function ScheduleForm({ campaign, ready }: { campaign: Campaign; ready: boolean }) {
  const queries = useQueryClient();
  const [at, setAt] = useState("");
  const [late, setLate] = useState<"ask" | "start">("ask");
  const schedule = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/campaigns/{campaign_id}/schedule", { params: { path: { campaign_id: campaign.id } }, body: { at, timezone: ZONE, late_start: late } })),
    onSuccess: (after) => queries.setQueryData(campaignKey(campaign.id), after),
  });
  return (
    <form onSubmit={(event) => { event.preventDefault(); schedule.mutate(); }}>
      <Stack gap="xs">
        <Text size="sm" c="dimmed">Or let it start by itself:</Text>
        <Group align="flex-end" gap="xs">
          <TextInput type="datetime-local" label={`Moment (${ZONE})`} required value={at} onChange={(event) => setAt(event.currentTarget.value)} />
          <Select label="If it is missed" allowDeselect={false} value={late} onChange={(value) => setLate(value as "ask" | "start")} data={[{ value: "ask", label: "Wait for me" }, { value: "start", label: "Start late" }]} maw={160} />
          <Button type="submit" variant="default" disabled={!ready || !at} loading={schedule.isPending}>Schedule</Button>
        </Group>
        <ProblemNotice error={schedule.error} title="It was not scheduled" />
      </Stack>
    </form>
  );
}
