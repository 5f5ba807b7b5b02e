use commerce::{
    Inventory, InventoryError, OrderId, Page, PageRequest, Product, ProductUpdate, Reservation, ReservationRequest, Sku,
};
use shared::Database;

use crate::{changes, store::products};

/// The `Inventory` contract on the module's own database. Each command is one write.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) db: Database,
}

#[seam::async_trait]
impl Inventory for Service {
    async fn put_product(&self, product: ProductUpdate) -> Result<Product, InventoryError> {
        product.validate()?;
        self.db
            .write(move |tx| Box::pin(async move { changes::put_product(tx, &product).await }))
            .await
    }

    async fn get_product(&self, sku: Sku) -> Result<Product, InventoryError> {
        let product = products::find(&self.db, &sku).await?;
        product.ok_or_else(|| InventoryError::NotFound {
            what: "product".to_owned(),
            id: sku.to_string(),
        })
    }

    async fn list_products(&self, page: PageRequest) -> Result<Page<Product>, InventoryError> {
        Ok(products::page(&self.db, page.validate()?).await?)
    }

    async fn reserve(&self, request: ReservationRequest) -> Result<Reservation, InventoryError> {
        request.validate()?;
        self.db
            .write(move |tx| Box::pin(async move { changes::reserve(tx, &request).await }))
            .await
    }

    async fn release(&self, order_id: OrderId) -> Result<Reservation, InventoryError> {
        self.db.write(move |tx| Box::pin(changes::release(tx, order_id))).await
    }

    async fn commit(&self, order_id: OrderId) -> Result<Reservation, InventoryError> {
        self.db.write(move |tx| Box::pin(changes::commit(tx, order_id))).await
    }
}
