// An address that leads nowhere.
import { Button } from "@mantine/core";
import { Link } from "react-router";

import { EmptyState } from "../shared/empty-state";
import { PageHeader } from "../shared/page-header";

export function NotFound() {
  return (
    <>
      <PageHeader title="Nothing here" />
      <EmptyState icon="search" title="This address leads nowhere" action={<Button component={Link} to="/">To the dashboard</Button>}>
        The thing may have been deleted, or it is in another workspace: the workspace is chosen at the top right.
      </EmptyState>
    </>
  );
}
