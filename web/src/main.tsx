// Where the pages begin: the theme, the cache of the API's answers, the routes.
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./styles.css";

import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";

import { ProblemError } from "./api/problem";
import { router } from "./routes";
import { cssVariables, theme } from "./theme";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: true,
      retry: (times, error) => times < 3 && !(error instanceof ProblemError && error.status < 500 && error.status !== 429),
      retryDelay: (times, error) => {
        const wait = error instanceof ProblemError ? error.retryAfterSeconds : null;
        return wait === null ? Math.min(8000, 500 * 2 ** times) : wait * 1000;
      },
    },
  },
});

const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";
setNonce(nonce); // for the styles with which dialogs keep the page behind them still
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto"
        colorSchemeManager={localStorageColorSchemeManager({ key: "paceline-colours" })} getStyleNonce={() => nonce}>
        <QueryClientProvider client={queries}>
          <Notifications position="bottom-right" />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
