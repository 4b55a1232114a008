// One campaign: a draft is written and started here, one that was started is watched.
import { useParams } from "react-router";

import { useLiveCampaign } from "../../api/feed";
import { LoadingRows } from "../../shared/data-table";
import { ProblemNotice } from "../../shared/problem-notice";
import { useCampaign } from "./campaign-calls";
import { DraftPage } from "./draft/draft-page";
import { LivePage } from "./live/live-page";

export function CampaignPage() {
  const { campaignId = "" } = useParams();
  const campaign = useCampaign(campaignId);
  const live = useLiveCampaign(campaignId);
  if (campaign.isPending) return <LoadingRows />;
  if (campaign.isError) return <ProblemNotice error={campaign.error} title="The campaign could not be read" onRetry={() => void campaign.refetch()} />;
  const started = live !== undefined && live.started_at !== null;
  const isDraft = ["draft", "scheduled"].includes(campaign.data.status) && !started;
  return isDraft ? <DraftPage key={campaignId} campaign={campaign.data} /> : <LivePage key={campaignId} campaign={campaign.data} />;
}
