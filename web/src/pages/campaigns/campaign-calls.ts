// What the pages of campaigns ask of the API.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api, type Schemas } from "../../api/client";
import { useLiveOutlook, type LiveCause } from "../../api/feed";

export type Campaign = Schemas["CampaignAnswer"];
export type CampaignChange = Schemas["ChangedCampaign"];
export type ListedCampaign = Schemas["ListedCampaignAnswer"];
export type Check = Schemas["paceline__api__schemas__campaigns__CheckAnswer"];

/** The summary of the public surface, which the description leaves open. */
export interface Progress {
  status: string;
  total: number;
  queued: number;
  sending: number;
  deferred: number;
  sent: number;
  failed: number;
  skipped: number;
  uncertain: number;
  cancelled: number;
  refused: number;
  delivered: number;
  read: number;
  bounced: number;
  accounts: ProgressAccount[];
  pause_reason: string | null;
  resumes_at: string | null;
  updated_at: string;
  started_at: string | null;
  finished_at: string | null;
  elapsed_seconds: number;
  rate_per_second: number;
}

export interface ProgressAccount {
  name: string;
  state: string;
  reason: string | null;
  sent: number;
  sent_this_hour: number;
  sent_today: number;
  resumes_at: string | null;
}

export type Cause = LiveCause;

const path = (id: string) => ({ params: { path: { campaign_id: id } } });

export const campaignKey = (id: string) => ["campaign", id] as const;

export function useCampaign(id: string) {
  return useQuery({ queryKey: campaignKey(id), queryFn: () => answer(api.GET("/api/v1/campaigns/{campaign_id}", path(id))) });
}

/** Change a draft; the page has the new state at once. */
export function useChangeCampaign(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: CampaignChange) => answer(api.PATCH("/api/v1/campaigns/{campaign_id}", { ...path(id), body })),
    onSuccess: (campaign) => {
      queries.setQueryData(campaignKey(id), campaign);
      void queries.invalidateQueries({ queryKey: ["check", id] });
    },
  });
}

export function useCheck(id: string) {
  return useQuery({ queryKey: ["check", id], queryFn: () => answer(api.GET("/api/v1/campaigns/{campaign_id}/check", path(id))) });
}

export type Move = "start" | "unschedule" | "pause" | "resume" | "stop";

/** What a person does with a campaign; everything that shows it is asked again. */
export function useMove(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (move: Move) => answer(move_(id, move)),
    onSuccess: (campaign) => {
      queries.setQueryData(campaignKey(id), campaign);
      for (const key of ["campaigns", "progress", "explain"]) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
}

function move_(id: string, move: Move) {
  switch (move) {
    case "start": return api.POST("/api/v1/campaigns/{campaign_id}/start", path(id));
    case "unschedule": return api.POST("/api/v1/campaigns/{campaign_id}/unschedule", path(id));
    case "pause": return api.POST("/api/v1/campaigns/{campaign_id}/pause", path(id));
    case "resume": return api.POST("/api/v1/campaigns/{campaign_id}/resume", path(id));
    case "stop": return api.POST("/api/v1/campaigns/{campaign_id}/stop", path(id));
  }
}

/** Progress with its accounts; the feed carries the counts, so this is asked now and then only. */
export function useProgress(id: string, everyMs: number | false) {
  return useQuery({
    queryKey: ["progress", id],
    queryFn: async () => (await answer(api.GET("/api/v1/campaigns/{campaign_id}/progress", path(id)))) as unknown as Progress,
    refetchInterval: everyMs,
  });
}

/** What holds a campaign back: as the feed tells it, and asked for until it does. */
export function useCauses(id: string): readonly Cause[] | undefined {
  const told = useLiveOutlook(id)?.causes;
  const asked = useQuery({
    queryKey: ["explain", id],
    queryFn: async () => (await answer(api.GET("/api/v1/campaigns/{campaign_id}/explain", path(id)))).causes as unknown as Cause[],
    refetchInterval: 5000,
    enabled: !told,
  });
  return told ?? asked.data;
}
