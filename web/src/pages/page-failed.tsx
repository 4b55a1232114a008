// What stands there when a page breaks: the rest of the interface goes on.
import { Button, Container, Stack } from "@mantine/core";
import { useRouteError } from "react-router";

import { ProblemNotice } from "../shared/problem-notice";

/** A new version of the server has other files: opening the page again fetches them. */
export function PageFailed() {
  const error = useRouteError();
  return (
    <Container size="sm" py="xl">
      <Stack>
        <ProblemNotice error={error} title="This page could not be shown" />
        <Button onClick={() => window.location.reload()}>Open it again</Button>
      </Stack>
    </Container>
  );
}
