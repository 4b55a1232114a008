// The dashboard: what is being sent, what will be, and what stands in the way.
import { PageHeader } from "../../shared/page-header";

export function Dashboard() {
  return <PageHeader title="Dashboard" />;
}
