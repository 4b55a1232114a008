// The dashboard: what is being sent, what stands in the way, and what every account may still do.
import { Button, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { answer, api } from "../../api/client";
import { useLive } from "../../api/feed";
import { useMay } from "../../api/session";
import { LoadingRows } from "../../shared/data-table";
import { EmptyState } from "../../shared/empty-state";
import { Icon } from "../../shared/icons";
import { Later } from "../../shared/later";
import { PageHeader } from "../../shared/page-header";
import { ProblemNotice } from "../../shared/problem-notice";
import { AccountLanes } from "./account-lanes";
import { Alerts } from "./alerts";
import { RunningCampaigns, UNDER_WAY } from "./running-campaigns";

export function Dashboard() {
  const may = useMay();
  const live = useLive();
  const campaigns = useQuery({
    queryKey: ["campaigns", "dashboard"],
    queryFn: () => answer(api.GET("/api/v1/campaigns", { params: { query: { limit: 50 } } })),
    refetchInterval: live.connected ? 30_000 : 5_000,
  });
  const nothingYet = campaigns.data?.items.length === 0 && live.campaigns.size === 0;
  const active = [...live.campaigns.values()].filter((one) => UNDER_WAY.includes(one.status));
  return (
    <>
      <PageHeader title="Dashboard" actions={may("campaigns:write") && <Button component={Link} to="/campaigns/new" leftSection={<Icon name="plus" size={16} />}>New campaign</Button>} />
      <Stack gap="lg">
        {campaigns.isError && <ProblemNotice error={campaigns.error} onRetry={() => void campaigns.refetch()} />}
        {campaigns.isPending && <LoadingRows rows={3} />}
        {nothingYet && (
          <EmptyState icon="bolt" title="Nothing has been sent from here yet" action={<Button component={Link} to="/start">Show me the way</Button>}>
            Add an account, import the people who asked for your mail, write, send yourself a test, start. It takes a few minutes.
          </EmptyState>
        )}
        <Alerts live={live} listed={campaigns.data?.items ?? []} />
        {campaigns.data && !nothingYet && <Later><RunningCampaigns active={active} listed={campaigns.data.items} /></Later>}
        {may("accounts:read") && <Later><AccountLanes /></Later>}
      </Stack>
    </>
  );
}
