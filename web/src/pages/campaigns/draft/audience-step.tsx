// Who gets it: lists and a segment, less those who are excluded, and how many people that are.
import { Alert, Anchor, Button, Group, MultiSelect, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { answer, api } from "../../../api/client";
import { EmptyState } from "../../../shared/empty-state";
import { count } from "../../../shared/format";
import { ProblemNotice } from "../../../shared/problem-notice";
import { useCheck } from "../campaign-calls";
import type { Draft } from "./draft-page";

interface AudienceStepProps {
  value: Draft["audience"];
  onChange: (value: Draft["audience"]) => void;
  readOnly: boolean;
  campaignId: string;
  saved: boolean;
  save: () => Promise<void>;
}

export function AudienceStep({ value, onChange, readOnly, campaignId, saved, save }: AudienceStepProps) {
  const lists = useQuery({ queryKey: ["lists", "choice"], queryFn: () => answer(api.GET("/api/v1/lists", { params: { query: { limit: 200 } } })) });
  const segments = useQuery({ queryKey: ["segments", "choice"], queryFn: () => answer(api.GET("/api/v1/segments", { params: { query: { limit: 200 } } })) });
  const listData = (lists.data?.items ?? []).map((one) => ({ value: one.id, label: `${one.name} (${count(one.confirmed)})` }));
  const segmentData = (segments.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }));
  const withoutConsent = (lists.data?.items ?? []).filter((one) => value.lists.includes(one.id) && !one.consent);
  if (lists.isError) return <ProblemNotice error={lists.error} onRetry={() => void lists.refetch()} />;
  if (lists.data && listData.length === 0) {
    return (
      <EmptyState icon="contacts" title="There is nobody to write to yet" action={<Button component={Link} to="/imports/new">Import contacts</Button>}>
        Import a file of people who have asked for your mail. Every column becomes a field that the message can use.
      </EmptyState>
    );
  }
  return (
    <Stack maw="44rem">
      <MultiSelect label="Lists" description="Whoever is confirmed on one of them. Nobody gets it twice." data={listData} value={value.lists} searchable disabled={readOnly}
        placeholder={value.lists.length ? "" : "Choose at least one"} onChange={(chosen) => onChange({ ...value, lists: chosen })} />
      <Select label="Only those who fit a segment" data={segmentData} value={value.segment} clearable searchable disabled={readOnly || segmentData.length === 0}
        placeholder={segmentData.length ? "Everybody on the lists" : "There are no segments yet"} onChange={(segment) => onChange({ ...value, segment })} />
      <MultiSelect label="But nobody on these lists" data={listData} value={value.exclude_lists} searchable disabled={readOnly} onChange={(chosen) => onChange({ ...value, exclude_lists: chosen })} />
      <Select label="And nobody who fits this segment" data={segmentData} value={value.exclude_segment} clearable searchable disabled={readOnly || segmentData.length === 0}
        onChange={(exclude_segment) => onChange({ ...value, exclude_segment })} />
      {withoutConsent.length > 0 && (
        <Alert color="yellow" variant="light" title="No consent on record">
          {withoutConsent.map((one) => one.name).join(", ")}: write down on the list why these people may be written to.
        </Alert>
      )}
      <AudienceCount campaignId={campaignId} saved={saved} save={save} />
      <Text size="sm" c="dimmed">People who unsubscribed, bounced or complained are left out by themselves, also while it is being sent. <Anchor component={Link} to="/imports/new" size="sm">Import more contacts</Anchor></Text>
    </Stack>
  );
}

function AudienceCount({ campaignId, saved, save }: { campaignId: string; saved: boolean; save: () => Promise<void> }) {
  const check = useCheck(campaignId);
  if (!saved) return <Group><Button variant="default" size="xs" onClick={() => void save().catch(() => undefined)}>Save and count the people</Button></Group>;
  if (check.isPending) return <Text c="dimmed">Counting …</Text>;
  if (check.isError) return <ProblemNotice error={check.error} title="The people could not be counted" onRetry={() => void check.refetch()} />;
  const { number, exact } = check.data.recipients;
  return <Text role="status"><Text component="span" fz="1.6rem" fw={650} className="figures">{exact ? "" : "at least "}{count(number)}</Text> {number === 1 ? "person gets" : "people get"} it</Text>;
}
