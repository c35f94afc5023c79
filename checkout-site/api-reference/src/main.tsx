/**
 * The API reference: Swagger UI over the gateway's own OpenAPI document, all of it from this origin.
 *
 * The document's server is relative, so "Try it out" calls the API that the page came with.
 */
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

SwaggerUI({
  dom_id: "#reference",
  url: "/openapi.json",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  filter: true,
  tryItOutEnabled: false,
  // A validator elsewhere would be told the document.
  validatorUrl: null,
  // Its colours are too pale on its background.
  syntaxHighlight: { activated: false },
  // There is one server, that of this page; nothing to choose.
  plugins: [() => ({ components: { ServersContainer: () => null } })],
});
