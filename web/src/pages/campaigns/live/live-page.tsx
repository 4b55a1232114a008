// A campaign that was started: how far it is, how fast, through whom, and why not faster.
import { Alert, Anchor, Button, Group, Stack, Tabs, Text } from "@mantine/core";
import { Link, useSearchParams } from "react-router";

import { useLiveCampaign } from "../../../api/feed";
import { useMay } from "../../../api/session";
import { LoadingRows } from "../../../shared/data-table";
import { Icon } from "../../../shared/icons";
import { Later } from "../../../shared/later";
import { Countdown, Moment } from "../../../shared/moment";
import { PageHeader } from "../../../shared/page-header";
import { ProblemNotice, upperFirst } from "../../../shared/problem-notice";
import { StateBadge } from "../../../shared/state-badge";
import { EMPTY_CONTENT, type EditedContent } from "../../../shared/message/content";
import { MessageEditor } from "../../../shared/message/message-editor";
import { useProgress, type Campaign, type Progress } from "../campaign-calls";
import { ForecastPanel, useLiveForecast } from "../forecast-panel";
import { DraftMenu } from "../draft/draft-menu";
import { CampaignControls } from "./campaign-controls";
import { Explanation } from "./explanation";
import { Failures } from "./failures";
import { Lanes } from "./lanes";
import { MessageTable } from "./message-table";
import { Report } from "./report";
import { ProgressPanel } from "./progress-panel";
import { UncertainNotice } from "./uncertain-notice";
import { Costs } from "./whatsapp/costs";
import { NumberLanes } from "./whatsapp/number-lanes";
import { StoppedTemplates } from "./whatsapp/stopped-templates";
import { TemplatesStep } from "../draft/whatsapp/templates-step";
import type { CampaignTemplate } from "../draft/whatsapp/template-parameters";

const ENDED = ["completed", "stopped"];

export function LivePage({ campaign }: { campaign: Campaign }) {
  const may = useMay();
  const [parameters, setParameters] = useSearchParams();
  const live = useLiveCampaign(campaign.id);
  const status = live?.status ?? campaign.status;
  const over = ENDED.includes(status);
  const progress = useProgress(campaign.id, over ? false : 4000);
  const forecast = useLiveForecast(campaign.id, status === "running" || status === "paused_limits");
  const tab = parameters.get("show") ?? "accounts";
  const byNumber = campaign.channel === "whatsapp";
  const templates = campaign.templates as unknown as CampaignTemplate[];
  const now = progress.data && { ...progress.data, ...live };
  return (
    <>
      <PageHeader title={campaign.name} back={{ to: "/campaigns", label: "Campaigns" }} aside={<StateBadge state={status} size="lg" />}
        actions={<>{may("campaigns:send") && <CampaignControls campaignId={campaign.id} status={status} />}<ExportButton campaignId={campaign.id} /><DraftMenu campaign={campaign} /></>} />
      {progress.isError && !now && <ProblemNotice error={progress.error} onRetry={() => void progress.refetch()} />}
      {!now && progress.isPending && <LoadingRows rows={3} />}
      {now && (
        <Stack>
          <Standstill progress={now} />
          <ProgressPanel campaignId={campaign.id} progress={now} status={status} forecast={forecast} />
          <UncertainNotice campaignId={campaign.id} uncertain={now.uncertain} over={over} />
          {!over && (
            <div className="side-by-side">
              <Explanation campaignId={campaign.id} status={status} />
              {forecast && <ForecastPanel forecast={forecast} />}
            </div>
          )}
          {byNumber && <StoppedTemplates templates={templates} over={over} />}
          {campaign.fallback_campaign && <OtherChannel campaign={campaign} />}
          <Later>
            <Tabs value={tab} onChange={(show) => setParameters(show === "accounts" || !show ? {} : { show })} keepMounted={false}>
              <Tabs.List mb="md">
                <Tabs.Tab value="accounts">{byNumber ? "Numbers" : "Accounts"}</Tabs.Tab>
                <Tabs.Tab value="failures">Failures{now.failed > 0 ? ` (${now.failed})` : ""}</Tabs.Tab>
                <Tabs.Tab value="report">Report</Tabs.Tab>
                <Tabs.Tab value="messages">Messages</Tabs.Tab>
                <Tabs.Tab value="content">Content</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="accounts">{byNumber ? <NumberLanes accounts={now.accounts} /> : <Lanes accounts={now.accounts} />}</Tabs.Panel>
              <Tabs.Panel value="failures"><Failures campaignId={campaign.id} failed={now.failed} status={status} /></Tabs.Panel>
              <Tabs.Panel value="report"><Stack><Report campaignId={campaign.id} over={over} />{byNumber && <Costs campaignId={campaign.id} over={over} />}</Stack></Tabs.Panel>
              <Tabs.Panel value="messages"><MessageTable campaignId={campaign.id} over={over} /></Tabs.Panel>
              <Tabs.Panel value="content">{byNumber ? <TemplatesStep value={templates} onChange={() => undefined} readOnly problems={[]} /> : <MessageEditor value={{ ...EMPTY_CONTENT, ...campaign.content } as EditedContent} onChange={() => undefined} readOnly />}</Tabs.Panel>
            </Tabs>
          </Later>
        </Stack>
      )}
    </>
  );
}

/** Whom the first channel cannot reach gets it on the other one, which is a campaign of its own. */
function OtherChannel({ campaign }: { campaign: Campaign }) {
  return <Text size="sm" c="dimmed">Whom {campaign.channel === "whatsapp" ? "WhatsApp" : "mail"} cannot reach gets it by {campaign.fallback === "email" ? "e-mail" : "WhatsApp"}: <Anchor component={Link} inherit to={`/campaigns/${campaign.fallback_campaign}`}>how that goes</Anchor>.</Text>;
}

/** A campaign that rests says why, until when, and what to do. */
function Standstill({ progress }: { progress: Progress }) {
  if (!progress.status.startsWith("paused") || !progress.pause_reason) return null;
  const needsSomebody = progress.status === "paused_health";
  return (
    <Alert color={needsSomebody ? "red" : "yellow"} variant="light" icon={<Icon name={needsSomebody ? "alert" : "pause"} />} role="status"
      title={progress.status === "paused_limits" ? "It rests and goes on by itself" : needsSomebody ? "It needs you" : "It is paused"}>
      <Text size="sm" inherit>{upperFirst(progress.pause_reason)}.</Text>
      {progress.resumes_at && <Text size="sm" inherit>It goes on at <Moment at={progress.resumes_at} />, in <Countdown to={progress.resumes_at} />.</Text>}
    </Alert>
  );
}

function ExportButton({ campaignId }: { campaignId: string }) {
  return <Group><Button component="a" href={`/api/v1/exports/campaigns/${campaignId}/messages`} variant="default" leftSection={<Icon name="download" size={16} />} download>Export</Button></Group>;
}
