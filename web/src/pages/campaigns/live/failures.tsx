// What failed, by what the servers said.
import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";

import { EmptyState } from "../../../shared/empty-state";

export function Failures({ campaignId, failed }: { campaignId: string; failed: number }) {
  if (failed === 0) return <EmptyState icon="check" title="Nothing has failed">Here stand the messages that a server refused for good, by cause.</EmptyState>;
  return <Text><Anchor component={Link} to={`/campaigns/${campaignId}?show=messages&state=failed`}>All of them, one by one</Anchor></Text>;
}
